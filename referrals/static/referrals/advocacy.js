/* Remembers who brought a friend, hands it to the shop's checkout and shows the friend's offer.
 *
 * Nothing is stored before consent; without it the code alone attributes. docs/integrate.md explains every attribute.
 */
(function () {
  "use strict";

  const CLICK = /^clk_[0-9a-z]{26}$/;
  const CODE = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/i;
  const UTM = /^utm_[a-z_]{1,20}$/;
  const PATIENCE = 5000;
  const DAY = 86400;
  const SAME_VISIT = 1800;

  const tag = document.currentScript || document.querySelector("script[data-key][src*='advocacy.js']");
  const early = Array.isArray(window.advocacy) ? window.advocacy : [];
  if (!tag || (window.advocacy && window.advocacy.consent)) return;

  const options = tag.dataset;
  const api = new URL(options.api || tag.src, location.href).origin + "/api/v1";
  const days = Math.min(Math.max(parseInt(options.windowDays, 10) || 90, 1), 400);
  const ref = options.parameter || "ref";
  const passesTo = (options.passTo || "").split(/[\s,]+/).filter(Boolean);
  const isPrivate =
    navigator.globalPrivacyControl === true || navigator.doNotTrack === "1" || window.doNotTrack === "1";

  const nobody = { click: "", code: "", utm: {}, at: 0 };
  let known = nobody;
  // true and false are the visitor's words; null until they are asked.
  let agreed = { granted: true, denied: false }[options.consent] ?? null;
  let offer = null;
  // The newest click that the program is asked of.
  let later = "";
  let cart = { sent: "", tries: 0 };
  const reported = new Set();

  const mayStore = () => agreed === true && !isPrivate;
  const mayTell = () => agreed !== false && !isPrivate;
  const now = () => Math.floor(Date.now() / 1000);

  /** The same function, but what goes wrong in it stays in it. */
  function safely(work) {
    return function (...given) {
      try {
        return work.apply(this, given);
      } catch {
        return undefined;
      }
    };
  }

  // --- what came with the address, and what is kept ---

  /** The visit that an address or our cookie tells of, with everything that does not look like ours left out. */
  function visitOf(query, at) {
    const fit = (text, shape) => (shape.test(text || "") ? text : "");
    const utm = {};
    for (const [name, value] of query) {
      if (UTM.test(name) && Object.keys(utm).length < 8) utm[name] = value.slice(0, 100);
    }
    return { click: fit(query.get("click_id"), CLICK), code: fit(query.get(ref), CODE).toUpperCase(), utm, at };
  }

  const queryOf = (visit) =>
    Object.entries({ click_id: visit.click, [ref]: visit.code, ...visit.utm }).filter(([, value]) => value);

  const remembered = safely(() => {
    const kept = document.cookie.match(/(?:^|; )advocacy=([^;]*)/);
    const query = new URLSearchParams(kept ? kept[1] : "");
    return visitOf(query, Number(query.get("at")) || 0);
  });

  const write = safely((text, seconds) => {
    const domain = options.cookieDomain ? `; Domain=${options.cookieDomain}` : "";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `advocacy=${text}; Path=/; Max-Age=${seconds}; SameSite=Lax${domain}${secure}`;
  });

  function forget(kept) {
    if (!kept.at) return;
    write("", 0);
    cart.sent = cart.sent || "before";
  }

  const keep = safely(() => {
    if (!mayStore()) return;
    if (!known.click && !known.code) return write("", 0);
    const left = known.at + days * DAY - now();
    const text = (visit) => new URLSearchParams([...queryOf(visit), ["at", visit.at]]).toString();
    // A browser drops a cookie that is too long, so rather the campaign's marks.
    const whole = text(known);
    if (left > 0) write(whole.length < 2000 ? whole : text({ ...known, utm: {} }), left);
  });

  function take(visit) {
    known = visit;
    keep();
    apply();
  }

  /** Look at the address: a friend may just have come by a link, also inside a single-page app. */
  const look = safely(() => {
    const visit = visitOf(new URLSearchParams(location.search), now());
    if (!mayTell()) visit.click = "";
    if (!visit.click && !visit.code) return;
    const isKnown = visit.code === known.code && visit.at - known.at < SAME_VISIT;
    if (visit.click ? visit.click === known.click : isKnown) return;
    if (options.keep === "first" && known.click) return;
    if (visit.click && known.click && !options.keep) {
      afterFirst(visit);
    } else if (visit.click || !mayTell()) {
      // The link itself has counted this visit.
      take(visit);
      tell();
    } else {
      report(visit);
    }
  });

  // --- our server ---

  function ask(path, body) {
    return fetch(api + path, {
      method: "POST",
      credentials: "omit",
      keepalive: true,
      headers: { Authorization: `Bearer ${options.key}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE) : undefined,
    });
  }

  const isKept = (said) => !!known.click && !options.keep && said.click_precedence === "first";

  /** A further click takes the place of the one that is known, unless the program keeps the first. */
  function afterFirst(visit) {
    if (later === visit.click) return;
    later = visit.click;
    const go = (said) => {
      if (later !== visit.click || !mayTell() || isKept(said)) return;
      take(visit);
      tell();
    };
    ask("/codes/validate", { code: visit.code || known.code })
      .then((answer) => (answer.ok ? answer.json() : {}))
      .then(go)
      .catch(() => go({}));
  }

  /** Tell of a visit by a code. Somebody else's ?ref= is unknown to the server, and forgotten again. */
  function report(visit) {
    if (reported.has(visit.code)) return;
    reported.add(visit.code);
    const before = known;
    if (!known.click) take(visit);
    const utm = Object.entries(visit.utm).map(([name, value]) => [name.slice(4), value]);
    const page = (location.origin + location.pathname).slice(0, 2000);
    const referrer = document.referrer.split("?")[0].slice(0, 2000);
    ask("/clicks", { code: visit.code, url: page, referrer, utm: Object.fromEntries(utm) })
      .then(async (answer) => {
        const isNobodys = answer.status === 404 || answer.status === 422;
        if (isNobodys) return !known.click && known.code === visit.code && take(before);
        const said = answer.ok ? await answer.json() : {};
        const click = said.click_id;
        if (!CLICK.test(click || "") || !mayTell() || isKept(said)) return undefined;
        take({ ...visit, click });
        return tell();
      })
      .catch(() => reported.delete(visit.code));
  }

  /** Tag managers learn of it once a visit. */
  const tell = safely(() => {
    if (!mayTell() || !Array.isArray(window.dataLayer)) return;
    window.dataLayer.push({ event: "advocacy_referral", advocacy_click: known.click, advocacy_code: known.code });
  });

  const showOffer = safely(() => {
    const places = document.querySelectorAll("[data-advocacy-offer]");
    if (!places.length || !known.code) return;
    if (!offer || offer.code !== known.code) {
      const asked = { code: known.code, told: null };
      offer = asked;
      ask("/codes/validate", { code: asked.code, language: (document.documentElement.lang || "en").slice(0, 35) })
        .then((answer) => (answer.ok ? answer.json() : {}))
        .then((said) => {
          asked.told = said.valid && said.offer;
          showOffer();
        })
        .catch(() => {});
    }
    if (!offer.told) return;
    for (const place of places) {
      const part = place.dataset.advocacyOffer || "text";
      const text = part === "code" ? offer.code : offer.told[part];
      if (typeof text !== "string" || !text) continue;
      if (place.textContent !== text) place.textContent = text;
      place.hidden = false;
    }
  });

  // --- the shop ---

  /** What the shop hands on: the click, or the code alone where there is none. */
  function handedOn() {
    return known.click && mayTell() ? { click: known.click, code: "" } : { click: "", code: known.code };
  }

  /** Where this platform takes it: ``[forms, what their fields are called]``. */
  function formsHere() {
    const platform = options.platform || (window.Shopify ? "shopify" : "");
    const plain = (name) => `advocacy_${name}`;
    if (platform === "shopify") return ["form[action$='/cart']", (name) => `attributes[${plain(name)}]`];
    return [platform === "woocommerce" ? "form.checkout, form[data-advocacy]" : "form[data-advocacy]", plain];
  }

  const fillForms = safely(() => {
    const [forms, named] = formsHere();
    const values = handedOn();
    for (const form of document.querySelectorAll(forms)) {
      for (const name of ["click", "code"]) {
        let field = [...form.elements].find((each) => each.name === named(name));
        if (!field && values[name]) {
          field = Object.assign(document.createElement("input"), { type: "hidden", name: named(name) });
          form.append(field);
        }
        if (field && field.value !== values[name]) field.value = values[name];
      }
    }
  });

  /** Shopify keeps attributes with the cart, so only with consent; before, its cart form carries them. */
  const fillCart = safely(() => {
    const wanted = mayStore() ? handedOn() : { click: "", code: "" };
    const body = JSON.stringify({ attributes: { advocacy_click: wanted.click, advocacy_code: wanted.code } });
    const isOwed = mayStore() ? wanted.click || wanted.code : cart.sent;
    if (!window.Shopify || !isOwed || body === cart.sent || cart.tries > 3) return;
    const root = (window.Shopify.routes && window.Shopify.routes.root) || "/";
    const before = cart.sent;
    cart = { sent: body, tries: cart.tries + 1 };
    const failed = () => {
      if (cart.sent === body) cart.sent = before;
    };
    fetch(`${root}cart/update.js`, { method: "POST", headers: { "Content-Type": "application/json" }, body })
      .then((answer) => (answer.ok ? (cart.tries = 0) : failed()))
      .catch(failed);
  });

  /** Stripe hands this one text back with the payment; it takes letters, digits, - and _ only, as ours are. */
  function reference() {
    const { click, code } = handedOn();
    return click || (code && `code_${code}`);
  }

  const fillStripe = safely(() => {
    const wanted = reference();
    if (!wanted) return;
    for (const one of document.querySelectorAll("stripe-buy-button, stripe-pricing-table")) {
      const there = one.getAttribute("client-reference-id");
      if (!there || one.dataset.advocacyFilled === there) {
        if (there !== wanted) one.setAttribute("client-reference-id", wanted);
        one.dataset.advocacyFilled = wanted;
      }
    }
  });

  /** A link takes with it what its target cannot know. */
  const followed = safely((event) => {
    const link = event.target instanceof Element && event.target.closest("a[href]");
    if (!link || !/^https?:$/.test(link.protocol)) return;
    const address = new URL(link.href);
    const absent = ([name]) => !address.searchParams.has(name);
    const { click, code } = handedOn();
    const marks = Object.entries(known.utm).filter(absent);
    let own = [];
    if (address.hostname === "buy.stripe.com") {
      own = [["client_reference_id", reference()]].filter(absent);
    } else if (passesTo.includes(address.origin === location.origin ? "self" : address.host)) {
      own = queryOf({ click, code: known.code });
    } else {
      return;
    }
    for (const [name, value] of [...own, ...marks]) if (value) address.searchParams.set(name, value);
    if (address.href !== link.href) link.href = address.href;
  });

  function apply() {
    for (const step of [fillForms, fillCart, fillStripe, showOffer]) step();
  }

  /** What could not be told before. */
  function catchUp() {
    if (mayTell() && known.code && !known.click) report(known);
  }

  // --- what the page may call, and what it does by itself ---

  /** ``advocacy.consent(true)`` keeps, ``advocacy.consent(false)`` forgets: for the shop's consent banner. */
  const consent = safely((yes) => {
    agreed = yes === true;
    if (!mayStore()) forget(remembered() || nobody);
    if (!agreed) known = { ...known, click: "" };
    keep();
    look();
    catchUp();
    apply();
  });

  /** Fields for ``POST /signups`` and ``/orders``, for shops that call their own server: both may be absent. */
  const get = () => {
    const { click, code } = handedOn();
    return { ...(click && { click_id: click }), ...(code && { referral_code: code }) };
  };

  const push = (...calls) => calls.forEach(([name, value]) => name === "consent" && consent(value));

  let waiting = 0;
  const applySoon = () => {
    waiting = waiting || setTimeout(() => ((waiting = 0), apply()), 50);
  };

  safely(() => {
    window.advocacy = { consent, get, push };
    // Whoever was stored for has agreed; who asks not to be tracked now, or says no, is forgotten.
    const before = remembered() || nobody;
    if (agreed === null && before.at) agreed = true;
    if (mayStore()) known = before;
    else forget(before);
    push(...early);
    look();
    catchUp();
    apply();
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function (...given) {
        const result = original.apply(this, given);
        look();
        applySoon();
        return result;
      };
    }
    addEventListener("popstate", () => (look(), applySoon()));
    for (const name of ["click", "auxclick"]) document.addEventListener(name, followed, true);
    document.addEventListener("submit", fillForms, true);
    new MutationObserver(applySoon).observe(document.documentElement, { childList: true, subtree: true });
  })();
})();
