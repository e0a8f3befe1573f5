// Logs in with a passkey: the button is there where the browser can, asks the exchange what to sign, and sends what
// was signed as the form it stands in.
(() => {
  const form = document.querySelector("form[data-options]");
  if (!form || !window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  const problem = form.querySelector("[role=alert]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      const reply = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
      if (!reply.ok) throw new Error(String(reply.status));
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await reply.json());
      const credential = await navigator.credentials.get({ publicKey });
      form.elements.passkey.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      // Refused by the person, the browser or the exchange: the password is left.
      problem.hidden = false;
    }
  });
})();
