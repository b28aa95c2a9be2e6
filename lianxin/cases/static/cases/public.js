/* Conveniences for residents; every page does its work without this file. A draft stays on this phone, in its own browser, until it
   is sent or deleted; it is sent once: its key was made with the page, and the house answers the same key with the same receipt. */
"use strict";
{
  const STORE = "lianxin-draft";
  const OLDEST = 30 * 24 * 3600 * 1000;
  const keep = (draft) => { try { localStorage.setItem(STORE, JSON.stringify(draft)); } catch { /* full or forbidden: then there is none */ } };
  const forget = () => { try { localStorage.removeItem(STORE); } catch { /* likewise */ } };
  const kept = () => {
    try {
      const draft = JSON.parse(localStorage.getItem(STORE));
      if (draft && Date.now() - draft.at < OLDEST) return draft;
    } catch { /* unreadable */ }
    forget();
    return null;
  };

  /* --- the report --- */
  const form = document.getElementById("report");
  const bar = document.getElementById("draft");
  const FIELDS = ["text", "danger", "spot", "phone", "about"];
  const tell = (what) => { if (bar) { bar.firstElementChild.textContent = bar.dataset[what]; bar.hidden = false; } };

  /* What is sent, and whether it waits for a network. Photos are too large to keep: they wait while the page is open. */
  const words = (body) => [...body].filter(([, value]) => typeof value === "string");
  const waiting = (body, action) => keep({ at: Date.now(), waiting: true, action, fields: words(body) });
  const toBody = (fields) => { const body = new FormData(); for (const [name, value] of fields) body.append(name, value); return body; };
  let timer = 0;
  let busy = false;
  const later = (seconds, again) => { clearTimeout(timer); timer = setTimeout(again, seconds * 1000); };

  /* The page itself is to show what came of it: something to read, or to mend. The key is the same, so it is saved once. */
  function show(body, action) {
    const page = Object.assign(document.createElement("form"), { method: "post", action, hidden: true });
    for (const [name, value] of words(body)) page.append(Object.assign(document.createElement("textarea"), { name, value }));
    document.body.append(page);
    page.submit();
  }

  async function send(body, action, native) {
    if (busy) return;
    busy = true;
    waiting(body, action);
    tell("sending");
    const again = () => send(body, action, native);
    try {
      const answer = await fetch(action, { method: "POST", body, credentials: "same-origin" });
      busy = false;
      if (answer.status === 429 || answer.status === 503) {
        tell("busy");
        if (answer.status === 429) for (const [name, value] of await window.later(answer)) body.set(name, value);
        later(body.get("altcha") ? 1 : Number(answer.headers.get("Retry-After")) || 15, again);
      } else if (answer.redirected) {
        forget();
        location.assign(answer.url);
      } else {
        keep({ ...kept(), waiting: false });
        if (native) native();
        else show(body, action);
      }
    } catch {
      busy = false;
      tell("waiting");
      later(30, again);
      addEventListener("online", again, { once: true });
    }
  }

  /* A photo of five megabytes says no more than one of three hundred kilobytes, and takes a minute on a weak network. */
  async function smaller(file) {
    try {
      if (file.size < 400_000 || !file.type.startsWith("image/")) return file;
      const image = await createImageBitmap(file);
      const scale = Math.min(1, 1600 / Math.max(image.width, image.height));
      const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const drawn = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.82); });
      return drawn && drawn.size < file.size ? new File([drawn], "photo.jpg", { type: "image/jpeg" }) : file;
    } catch {
      return file; /* a format this browser cannot draw: the house can */
    }
  }

  if (form) {
    const input = (name) => form.elements.namedItem(name);
    const values = () => [...new FormData(form)].filter(([, value]) => typeof value === "string");
    const draft = kept();
    const empty = !form.elements.text.value.trim();
    if (draft && empty && !form.classList.contains("wrong")) {
      const old = new Map(draft.fields);
      for (const name of FIELDS) {
        const field = input(name);
        if (!field || !old.get(name)) continue;
        field.value = old.get(name);
      }
      if (old.get("place") === input("place").value) input("sending").value = old.get("sending") || input("sending").value;
      if (old.get("text")) tell("restored");
      if (draft.waiting && old.get("place") === input("place").value) send(toBody(draft.fields), draft.action, null);
    }
    bar?.querySelector("button").addEventListener("click", () => {
      forget();
      clearTimeout(timer);
      form.reset();
      for (const name of FIELDS) { const field = input(name); if (field && name !== "danger") field.value = ""; }
      delete form.dataset.changed;
      location.assign(form.action);
    });

    let typing = 0;
    form.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => { keep({ at: Date.now(), fields: values().filter(([name]) => name !== "phone") }); similar(); }, 700);
    });
    document.addEventListener("input", () => { delete form.dataset.changed; }); /* it is kept: leaving loses nothing */
    form.addEventListener("submit", async (event) => {
      const button = event.submitter;
      if (button && ["choose", "edit"].includes(button.name)) return;
      event.preventDefault();
      const body = new FormData(form);
      if (button?.name) body.append(button.name, button.value);
      const photos = body.getAll("photos").filter((file) => file.size);
      body.delete("photos");
      for (const photo of await Promise.all(photos.map(smaller))) body.append("photos", photo);
      const native = () => {
        if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
        form.submit();
      };
      button?.setAttribute("aria-busy", "true");
      send(body, form.action, native).finally(() => button?.removeAttribute("aria-busy"));
    });

    const place = document.getElementById("alike");
    let asked = "";
    async function similar() {
      const text = form.elements.text.value.trim();
      const [danger, about] = [input("danger")?.value || "", input("about")?.value || ""];
      const asks = [text, danger, about].join("\n");
      if (text.length < 6 || asks === asked || !navigator.onLine) return;
      asked = asks;
      const body = new FormData();
      for (const [name, value] of [["place", input("place").value], ["text", text.slice(0, 1000)], ["danger", danger], ["about", about]]) body.append(name, value);
      try {
        const answer = await fetch(form.dataset.similar, { method: "POST", body });
        if (!answer.ok || asks !== asked) return;
        const shown = await answer.text();
        if (place.innerHTML.trim() !== shown.trim()) place.innerHTML = shown;
        input("checked").value = shown.trim() ? "1" : "";
      } catch { /* no network: they are shown when it is sent */ }
    }
  }

  /* On any other page of residents: what waits is sent. */
  const left = kept();
  if (!form && left?.waiting && !document.querySelector("[data-fresh]")) send(toBody(left.fields), left.action, null);

  /* --- the receipt --- */
  if (document.querySelector("[data-fresh]")) forget();
  const lookUp = document.getElementById("look-up");
  const byCode = () => {
    if (!lookUp || location.hash.length < 24) return;
    lookUp.elements.receipt.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
    lookUp.submit();
  };
  addEventListener("hashchange", byCode);
  byCode();
  for (const button of document.querySelectorAll("[data-picture]")) {
    button.hidden = false;
    button.addEventListener("click", () => picture(button.dataset));
  }

  /* The receipt as a picture of its own, drawn here: nothing is sent anywhere. */
  function picture({ picture: signs, title, place }) {
    const code = document.querySelector(".ticket svg").cloneNode(true);
    const [width, side] = [720, 420];
    code.setAttribute("width", side);
    code.setAttribute("height", side);
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height: 780 });
      const pen = canvas.getContext("2d");
      const write = (text, y, font, colour = "#1f2328") => { pen.font = font; pen.fillStyle = colour; pen.fillText(text, width / 2, y, width - 40); };
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.textAlign = "center";
      write(title, 60, "600 36px system-ui, sans-serif");
      write(place, 105, "26px system-ui, sans-serif", "#575d64");
      pen.drawImage(image, (width - side) / 2, 130, side, side);
      const groups = signs.split("-");
      write(groups.slice(0, 3).join(" - "), 625, "600 44px ui-monospace, monospace");
      write(groups.slice(3).join(" - "), 685, "600 44px ui-monospace, monospace");
      write(location.host, 745, "24px system-ui, sans-serif", "#575d64");
      const link = document.createElement("a");
      link.download = `${title}-${groups[0]}.png`;
      link.href = canvas.toDataURL("image/png");
      link.click();
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(code))}`;
  }
}
