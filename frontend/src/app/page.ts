// Pages and features read it from shared; the application from here.
export { PageContext, readPage, usePage, type Page } from "@/shared/page";
