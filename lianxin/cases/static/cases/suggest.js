/* While a problem is recorded: which matter it may be. A convenience; without this file the list of matters does the same. */
"use strict";
{
  const place = document.getElementById("suggested");
  const form = place?.closest("form");
  const [text, item] = ["text", "item"].map((name) => form?.elements.namedItem(name));
  if (text && item) {
    let timer = 0;
    let asked = "";
    const ask = async () => {
      const said = text.value.trim();
      if (said.length < 4 || said === asked) return;
      asked = said;
      const body = new FormData();
      body.append("text", said.slice(0, 2000));
      body.append("csrfmiddlewaretoken", form.elements.namedItem("csrfmiddlewaretoken").value);
      try {
        const answer = await fetch(place.dataset.address, { method: "POST", body, credentials: "same-origin" });
        if (answer.ok && said === asked) place.innerHTML = await answer.text();
      } catch { /* no network: the list is there */ }
    };
    text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 700); });
    place.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-item]");
      if (!chosen) return;
      item.value = chosen.dataset.item;
      item.focus();
    });
    ask();
  }
}
