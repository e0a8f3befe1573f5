import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { readPage } from "./app/page";
import "./app/base.css";
import "./shared/i18n";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App page={readPage()} />
    </StrictMode>,
  );
}
