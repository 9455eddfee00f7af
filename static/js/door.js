/* Wishes written down at the door: kept in this browser until the site has them, each sent with a key of its own. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-kept]");
  if (!form || !window.fetch || !window.FormData || !window.URL || !window.crypto) return;
  try { localStorage.setItem("door-wishes-try", ""); localStorage.removeItem("door-wishes-try"); } catch (error) { return; }

  var PREFIX = "door-wishes:", mine = PREFIX + form.dataset.kept, draft = mine + ":draft";
  var kept = Number(form.dataset.days) * 864e5;
  var box = document.getElementById("unsent"), sent = document.getElementById("sent");
  var working = false;

  function read(name) {
    try { return JSON.parse(localStorage.getItem(name)) || null; } catch (error) { return null; }
  }
  function rows() { return read(mine) || []; }
  function write(list) {
    try { localStorage.setItem(mine, JSON.stringify(list)); return true; } catch (error) { return false; }
  }
  function newKey() {
    var bytes = crypto.getRandomValues(new Uint8Array(16)), hex = "";
    bytes.forEach(function (byte) { hex += (byte + 256).toString(16).slice(1); });
    return hex;
  }

  /* What is too old is nobody's any more, whoever wrote it in this browser. */
  Object.keys(localStorage).forEach(function (name) {
    if (name.indexOf(PREFIX) !== 0) return;
    var found = read(name), fresh = function (row) { return Date.now() - row.at < kept; };
    if (Array.isArray(found) && found.some(fresh)) localStorage.setItem(name, JSON.stringify(found.filter(fresh)));
    else if (!found || Array.isArray(found) || !fresh(found)) localStorage.removeItem(name);
  });

  function typed() {
    var said = {};
    form.querySelectorAll("input, textarea, select").forEach(function (field) {
      if (!field.name || field.type === "hidden") return;
      if (field.type === "checkbox") { if (field.checked) said[field.name] = "on"; } else said[field.name] = field.value;
    });
    return said;
  }
  function fill(said) {
    form.querySelectorAll("input, textarea, select").forEach(function (field) {
      if (!field.name || field.type === "hidden") return;
      if (field.type === "checkbox") field.checked = field.name in said; else field.value = said[field.name] || "";
    });
  }

  /* While it is typed: a phone that throws the page away loses nothing. */
  form.addEventListener("input", function () {
    try { localStorage.setItem(draft, JSON.stringify({ at: Date.now(), said: typed() })); } catch (error) { /* full */ }
  });
  var before = read(draft);
  if (before && !form.querySelector("[aria-invalid=true]")) fill(before.said);

  function draw() {
    var list = rows(), items = box.querySelector("ul");
    box.hidden = !list.length;
    items.textContent = "";
    list.forEach(function (row) {
      var item = document.createElement("li"), change = document.createElement("button");
      item.textContent = row.said.door + " " + row.said.text + (row.why ? " · " + row.why : "") + " ";
      change.type = "button";
      change.className = "second";
      change.textContent = form.dataset.change;
      change.addEventListener("click", function () { forget(row.key); fill(row.said); draw(); form.querySelector("input:not([type=hidden])").focus(); });
      item.append(change);
      items.append(item);
    });
  }
  function forget(key) { write(rows().filter(function (row) { return row.key !== key; })); }
  function note(key, why) {
    write(rows().map(function (row) { if (row.key === key) row.why = why; return row; }));
  }

  /* One after the other; the same key again is the same wish, however often its answer was lost on the way. */
  function send(key) {
    var row = rows().filter(function (each) { return each.key === key; })[0];
    if (!row) return Promise.resolve();
    note(key, "");
    draw();
    var body = new FormData(form), stop = window.AbortController ? new AbortController() : null;
    Object.keys(typed()).concat(["urgent"]).forEach(function (name) { body.delete(name); });
    Object.keys(row.said).forEach(function (name) { body.append(name, row.said[name]); });
    body.set("form_key", row.key);
    var late = setTimeout(function () { if (stop) stop.abort(); }, 20000);
    return fetch(location.pathname, { method: "POST", body: body, credentials: "same-origin", signal: stop ? stop.signal : undefined })
      .then(function (answer) {
        var at = new URL(answer.url), number = at.searchParams.get("sent");
        if (answer.ok && at.pathname === location.pathname && number) {
          forget(key);
          sent.hidden = false;
          sent.querySelector("b").textContent = number;
          return null;
        }
        if (answer.ok || answer.status === 403) { note(key, form.dataset.signIn); return null; }
        return answer.text().then(function (page) {
          var errors = new DOMParser().parseFromString(page, "text/html").querySelector(".errors");
          note(key, errors ? errors.textContent.replace(/\s+/g, " ").trim() : form.dataset.noSignal);
        });
      }, function () { note(key, form.dataset.noSignal); })
      .then(function () { clearTimeout(late); draw(); });
  }
  function sendAll(keys) {
    if (working) return;
    working = true;
    keys.reduce(function (after, key) { return after.then(function () { return send(key); }); }, Promise.resolve())
      .then(function () { working = false; });
  }

  form.addEventListener("submit", function (event) {
    var row = { key: newKey(), at: Date.now(), said: typed() };
    if (!row.said.door.trim() || !row.said.text.trim() || !write(rows().concat([row]))) return; /* the site says what is missing */
    event.preventDefault();
    event.stopPropagation();
    localStorage.removeItem(draft);
    fill({ category: row.said.category });
    draw();
    sendAll([row.key]);
  });
  box.querySelector("button").addEventListener("click", function () {
    sendAll(rows().map(function (row) { return row.key; }));
  });
  draw();
})();
