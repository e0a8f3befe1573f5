import { Outlet } from "react-router";
import styles from "./App.module.css";
import { Header } from "./Header";

/** What every page has: the header above, the page below. */
export function Shell() {
  return (
    <div className={styles.shell}>
      <Header />
      <Outlet />
    </div>
  );
}
