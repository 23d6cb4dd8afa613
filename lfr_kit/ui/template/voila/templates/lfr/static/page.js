// The header: who is signed in, which dashboards are theirs, and how the deployment stands, as the dashboard tells
// it by an event "lfr:standing" on the document. Ordinary script, so that it works before the kernel does.
(() => {
  const root = `${document.body.dataset.baseUrl || "/"}lfr/`;
  const byId = (id) => document.getElementById(id);
  const csrf = () => decodeURIComponent((document.cookie.match(/(?:^|; )_xsrf=([^;]*)/) || [])[1] || "");

  function showWho(me) {
    byId("who-name").textContent = me.name && me.name !== me.user_id ? `${me.name} (${me.user_id})` : me.user_id;
    byId("sign-out").hidden = false;
    for (const item of document.querySelectorAll("[data-needs]")) {
      item.hidden = !item.dataset.needs.split(" ").some((action) => me.may.includes(action));
    }
    byId("nav").hidden = false;
  }

  async function signOut() {
    byId("sign-out").disabled = true;
    try {
      await fetch(`${root}sign-out`, { method: "POST", headers: { "X-XSRFToken": csrf() } });
    } finally {
      location.assign(`${root}sign-in?out=1`);
    }
  }

  function keepDeployment() {
    const chosen = new URLSearchParams(location.search).get("deployment");
    for (const link of document.querySelectorAll("#nav a")) {
      const isHere = location.pathname.endsWith(`/${link.getAttribute("href")}`);
      if (isHere) link.setAttribute("aria-current", "page");
      if (chosen) link.href = `${link.getAttribute("href")}?deployment=${encodeURIComponent(chosen)}`;
    }
  }

  // On a busy machine the kernel's answer can be lost while the page is built: it is opened anew, once.
  function watchOpening() {
    const again = `lfr-opened-again:${location.pathname}`;
    const slow = setTimeout(() => {
      if (!sessionStorage.getItem(again)) {
        sessionStorage.setItem(again, "yes");
        location.reload();
      } else if (byId("waiting")) byId("waiting").textContent = "This takes longer than it should. Reload the page; if that does not help, tell whoever looks after the server.";
    }, 30000);
    document.addEventListener("lfr:ready", () => { clearTimeout(slow); sessionStorage.removeItem(again); byId("waiting")?.remove(); }, { once: true });
  }

  function showStanding({ detail }) {
    byId("standing").hidden = false;
    byId("place").textContent = detail.place || "";
    byId("place").title = detail.place || "";
    byId("state").textContent = detail.state || "";
    byId("light").textContent = detail.light.text;
    byId("light").className = `light ${detail.light.kind}`;
  }

  window.voila_heartbeat = () => {};
  document.addEventListener("lfr:standing", showStanding);
  watchOpening();
  byId("sign-out").addEventListener("click", signOut);
  keepDeployment();
  fetch(`${root}api/me`, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json().then(showWho) : null))
    .catch(() => {});
})();
