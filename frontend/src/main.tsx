import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { readPage } from "./shared/page";
import { actFor } from "./shared/wire/own-user";
import "./app/base.css";
import "./shared/i18n";

const root = document.getElementById("root");
if (root) {
  const page = readPage();
  actFor(page);
  createRoot(root).render(
    <StrictMode>
      <App page={page} />
    </StrictMode>,
  );
}
