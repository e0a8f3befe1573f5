// Runs before anything is drawn, so that a light page never begins as a dark one. What a person chose is kept
// by src/shared/settings/settings.ts; whoever chose nothing gets the dark theme of the style sheet.
(() => {
  let theme;
  try {
    theme = JSON.parse(localStorage.getItem("xtrader.settings") ?? "{}").state?.theme;
  } catch {
    // Storage may be forbidden, or hold what another version wrote.
  }
  if (theme !== "light") return;
  document.documentElement.dataset.theme = theme;
  document.querySelector('meta[name="theme-color"]').content = "#ffffff";
})();
