// What the Django template tells the page beside the markup.

export interface Page {
  /** The name of whoever is logged in; empty for visitors. */
  username: string;
  isStaff: boolean;
  csrfToken: string;
}

export function readPage(): Page {
  const element = document.getElementById("page");
  const empty: Page = { username: "", isStaff: false, csrfToken: "" };
  return element?.textContent ? { ...empty, ...(JSON.parse(element.textContent) as Partial<Page>) } : empty;
}
