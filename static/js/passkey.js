/* Passkeys of the staff: the button is there where the browser can; without it one signs in by password. */
(function () {
  "use strict";
  var json = window.webauthnJSON;
  if (!window.isSecureContext || !window.PublicKeyCredential || !window.fetch || !json) return;

  function optionsOf(form) {
    if (form.dataset.options) return Promise.resolve(JSON.parse(form.dataset.options));
    return fetch(form.action, { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" })
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      })
      .then(function (data) { return data.request_options; });
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var button = form.querySelector("button[hidden]");
    var trouble = form.querySelector("[data-trouble]");
    var without = form.querySelector("[data-without]");
    if (!button) return;
    button.hidden = false;
    if (without) without.hidden = true;
    button.addEventListener("click", function () {
      button.disabled = true;
      trouble.hidden = true;
      optionsOf(form)
        .then(function (options) { return form.dataset.passkey === "create" ? json.create(options) : json.get(options); })
        .then(function (credential) {
          form.elements.credential.value = JSON.stringify(credential);
          form.submit();
        })
        .catch(function () { trouble.hidden = false; trouble.focus(); })
        .finally(function () { button.disabled = false; });
    });
  });
})();
