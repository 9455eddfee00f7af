/* What a browser may add; every page works without it. */
(function () {
  "use strict";

  /* A form is sent once; the page coming back from the cache may send again. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.getAttribute("method") !== "post" || form.hasAttribute("target")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 8000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  /* Words and photos are sent only where there is a network: a page of the browser's own would lose them. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("button[type=submit], input[type=submit]");
    var form = button && button.form;
    if (!form || form.getAttribute("method") !== "post" || form.hasAttribute("target")) return;
    if (form.hasAttribute("data-kept")) return;
    if (!window.fetch || !window.AbortController || !form.requestSubmit || button.matches("[hx-post]")) return;
    if (form.matches("[hx-post]") || !form.querySelector("textarea, input[type=file], input[type=text]")) return;
    event.preventDefault();
    if (form.dataset.trying) return;
    form.dataset.trying = "1";
    var stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, 8000);
    var icon = document.querySelector("link[rel=icon]");
    fetch(icon ? icon.href : "/", { method: "HEAD", cache: "no-store", signal: stop.signal }).then(function () {
      clearTimeout(late);
      delete form.dataset.trying;
      form.requestSubmit(button);
    }, function () {
      clearTimeout(late);
      delete form.dataset.trying;
      var line = document.getElementById("trouble");
      if (line) { line.hidden = false; line.focus(); }
    });
  });

  /* What has to be corrected is read first. */
  function toErrors(root) {
    var errors = root.querySelector && root.querySelector(".errors");
    if (errors) errors.focus();
  }
  toErrors(document);

  /* htmx: send again after an answer, and say it when there was none. */
  document.addEventListener("htmx:afterRequest", function (event) {
    var form = event.target.closest && event.target.closest("form");
    if (form) delete form.dataset.sent;
  });
  document.addEventListener("htmx:afterSwap", function (event) { toErrors(event.target); });
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () {
      var line = document.getElementById("trouble");
      if (line) { line.hidden = false; line.focus(); }
    });
  });

  /* Printing; WeChat's browser has no print and gets no button. */
  document.querySelectorAll("[data-print]").forEach(function (button) {
    if (!window.print || /MicroMessenger/i.test(navigator.userAgent)) return;
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  /* Reading aloud, sentence by sentence: some voices stop in the middle of long texts. */
  var reader = document.getElementById("read-aloud");
  var speech = window.speechSynthesis;
  if (!reader || !speech || !window.SpeechSynthesisUtterance) return;
  var rest = [];
  function stop() {
    rest = [];
    speech.cancel();
    reader.textContent = reader.dataset.start;
  }
  function next() {
    if (!rest.length) { stop(); return; }
    var words = new SpeechSynthesisUtterance(rest.shift());
    words.lang = "zh-CN";
    words.rate = 0.9;
    words.onend = function () { if (rest.length || !speech.speaking) next(); };
    speech.speak(words);
  }
  var title = document.querySelector("main h1");
  if (title) title.after(reader);
  reader.hidden = false;
  reader.addEventListener("click", function () {
    if (rest.length || speech.speaking) { stop(); return; }
    var main = document.getElementById("main").cloneNode(true);
    main.querySelectorAll(".not-read, [hidden], svg, script, select, textarea").forEach(function (part) { part.remove(); });
    main.querySelectorAll("h1,h2,h3,p,li,td,th,dt,dd,label,legend,caption,button").forEach(function (part) { part.append("。"); });
    rest = (main.textContent.replace(/\s+/g, " ").match(/[^。？；]+[。？；]?/g) || [])
      .map(function (words) { return words.trim(); })
      .filter(function (words) { return /[\u4e00-\u9fa5\w]/.test(words); });
    reader.textContent = reader.dataset.stop;
    next();
  });
  window.addEventListener("pagehide", function () { speech.cancel(); });
})();
