//! The desks and the citizen's pages in a real browser, in three languages, on a desk and on a phone.

use std::path::PathBuf;

use crate::chromium::{self, Browser};
use crate::house::House;
use crate::people::Served;

/// Where pictures go when somebody wants to look at them: `VARANTO_PICTURES=folder`.
fn picture(browser: &mut Browser, name: &str) {
    if let Some(folder) = std::env::var_os("VARANTO_PICTURES") {
        browser.picture(&PathBuf::from(folder).join(format!("{name}.png")));
    }
}

/// What every page must hold, whatever it is about: asked of the page itself.
const SOUND: &str = r"(() => {
  const faults = [];
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  if (!document.documentElement.lang) faults.push('no language');
  if (all('h1').length !== 1) faults.push('headings of the first level: ' + all('h1').length);
  let level = 0;
  for (const heading of all('h1,h2,h3,h4')) {
    const own = Number(heading.tagName[1]);
    if (level && own > level + 1) faults.push('heading skips: ' + heading.textContent);
    level = own;
  }
  const ids = all('[id]').map((one) => one.id);
  ids.forEach((id, at) => { if (ids.indexOf(id) !== at) faults.push('twice: ' + id); });
  for (const field of all('input:not([type=hidden]),select,textarea')) {
    if (!field.labels.length && !field.ariaLabel) faults.push('no label: ' + field.name);
  }
  for (const button of all('button,a[href]')) {
    if (!(button.innerText || button.textContent).trim() && !button.ariaLabel) faults.push('nameless: ' + button.outerHTML);
  }
  for (const frame of all('iframe')) if (!frame.title) faults.push('frame without title');
  for (const part of all('[aria-labelledby],[aria-describedby]')) {
    const named = (part.getAttribute('aria-labelledby') || '') + ' ' + (part.getAttribute('aria-describedby') || '');
    for (const id of named.split(' ').filter(Boolean)) if (!document.getElementById(id)) faults.push('names nothing: ' + id);
  }
  if (all('[style],script:not([src]),[onclick]').length) faults.push('inline style or script');
  if (!document.querySelector('main#content')) faults.push('no main part');
  return faults.join('\n');
})()";

/// A browser that looks at pages and keeps what is wrong with them.
pub(crate) struct Walk {
    pub(crate) browser: Browser,
    wrong: Vec<String>,
}

impl Walk {
    pub(crate) fn open(width: u32) -> Self {
        Self { browser: Browser::open(width), wrong: Vec::new() }
    }

    /// Looks at a page as it is: sound, nothing sticking out, no complaint of the browser.
    pub(crate) fn check(&mut self, name: &str) {
        let browser = &mut self.browser;
        let mut wrong = vec![text(&browser.run(SOUND)), axe(browser)];
        wrong.extend(browser.complaints());
        if browser.sticks_out() > 0 {
            wrong.push("wider than the device".to_owned());
        }
        wrong.retain(|one| !one.is_empty());
        self.wrong.extend(wrong.into_iter().map(|one| format!("{name}: {one}")));
        picture(browser, name);
    }

    pub(crate) fn end(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or("the page answers nothing").to_owned()
}

/// axe-core's verdict, where somebody has put the file: `VARANTO_AXE=axe.min.js`.
fn axe(browser: &mut Browser) -> String {
    let Some(file) = std::env::var_os("VARANTO_AXE") else { return String::new() };
    let script = std::fs::read_to_string(file).unwrap();
    browser.run(&format!("{script}; 0"));
    text(&browser.run(
        "axe.run({runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','best-practice'], iframes: false}).then((told) => \
         told.violations.map((one) => 'axe: ' + one.id + ': ' + one.nodes.map((node) => node.html).join(' | ')).join('\\n'))",
    ))
}

/// Logs in as one of the provider's people.
pub(crate) fn log_in(browser: &mut Browser, base: &str, language: &str, user: &str) {
    browser.go(&format!("{base}/{language}/login/"));
    browser.click("a.button");
    browser.click(&format!("button[value=\"{user}\"]"));
}

/// CAS-1, CIT-1: a worker logs in, finds the client and reads; in each language, on a desk and on a phone, in both
/// themes, every page is sound and complains of nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_finds_and_reads_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (worker, code, family) =
        (served.worker.clone(), served.code.clone(), served.family_name.clone());
    let walk = move || {
        for (language, width) in
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)]
        {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("desk-{page}-{language}-{width}");
            walk.browser.go(&format!("{base}/{language}/"));
            walk.check(&name("landing"));
            walk.browser.go(&format!("{base}/{language}/login/"));
            walk.check(&name("login"));
            log_in(&mut walk.browser, &base, language, &worker);
            assert_eq!(walk.browser.address(), format!("{base}/{language}/desk/"));
            walk.check(&name("home"));
            walk.browser.fill("#identity_code", "010190-900X");
            walk.browser.click("form.form button");
            // That the answer is 422 is told as a failed load.
            walk.browser.complaints();
            walk.check(&name("fault"));
            walk.browser.fill("#identity_code", &code);
            walk.browser.click("form.form button");
            assert!(walk.browser.text().contains(&family), "{}", walk.browser.text());
            walk.check(&name("situation"));
            walk.browser.be_dark(true);
            walk.check(&name("situation-dark"));
            walk.browser.be_dark(false);
            walk.browser.click(".tabs li:nth-child(2) a");
            walk.check(&name("timeline"));
            walk.browser.click(".line a");
            walk.check(&name("document"));
            let document = walk.browser.address();
            for part in ["proof/", "access/"] {
                walk.browser.go(&format!("{document}{part}"));
                walk.check(&name(part.trim_end_matches('/')));
            }
            walk.browser.click(".visitor a");
            assert_eq!(walk.browser.address(), format!("{base}/{language}/sessions/"));
            walk.check(&name("sessions"));
            walk.browser.go(&format!("{base}/{language}/style/"));
            walk.check(&name("style"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// OPS-4: operators see how the archive does; in each language, on a desk and on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn operators_look_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let house = House::with_operators();
    let base = format!("https://localhost:{}", house.operators.unwrap().port());
    let walk = move || {
        for width in [1280, 320] {
            let mut walk = Walk::open(width);
            for language in ["fi", "sv", "en"] {
                walk.browser.go(&format!("{base}/{language}/operator/"));
                walk.check(&format!("operator-{language}-{width}"));
            }
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// CIT-1: a client logs in and reads the own data; in each language, on a desk and on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_reads_the_own_data_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (citizen, family) = (served.citizen(), served.family_name.clone());
    let walk = move || {
        for (language, width) in
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)]
        {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("own-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &citizen);
            assert!(walk.browser.text().contains(&family), "{}", walk.browser.text());
            walk.check(&name("home"));
            walk.browser.click(".tabs li:nth-child(2) a");
            walk.check(&name("documents"));
            walk.browser.click(".line a");
            walk.check(&name("document"));
            for page in ["others", "log", "will"] {
                walk.browser.go(&format!("{base}/{language}/own/{page}/"));
                walk.check(&name(page));
            }
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// CIT-1, WCAG 2.1.1: logging in, finding a client and opening a document want no mouse.
#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_done_by_keyboard() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (worker, code, family) =
        (served.worker.clone(), served.code.clone(), served.family_name.clone());
    let walk = move || {
        let mut browser = Browser::open(1280);
        log_in(&mut browser, &base, "en", &worker);
        let focused = "document.activeElement.id || document.activeElement.className";
        browser.press("Tab");
        assert_eq!(browser.run(focused), "skip", "the first stop skips to the content");
        for _ in 0..40 {
            if browser.run(focused) == "identity_code" {
                break;
            }
            browser.press("Tab");
        }
        assert_eq!(browser.run(focused), "identity_code");
        let outline = browser.run("getComputedStyle(document.activeElement).outlineWidth");
        assert_eq!(outline, "3px", "where the focus is can be seen");
        browser.fill("#identity_code", &code);
        browser.enter();
        assert!(browser.text().contains(&family), "{}", browser.text());
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// CIT-1: a page of people weighs less than 150 kB at the first visit, and on a slow line it can be used within three seconds.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_light_enough_for_a_slow_line() {
    const MOST_BYTES: f64 = 150_000.0;
    const MOST_MILLIS: f64 = 3000.0;
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (worker, citizen, code) = (served.worker.clone(), served.citizen(), served.code.clone());
    let walk = move || {
        let mut told = Vec::new();
        let mut look = |browser: &mut Browser, name: &str| {
            let weight = browser.weight();
            let script = "(() => { const all = performance.getEntriesByType('navigation')[0]; \
                          return all.domContentLoadedEventEnd; })()";
            let millis = browser.run(script).as_f64().unwrap_or(f64::INFINITY);
            assert!(weight > 1000.0 && millis > 400.0, "{name}: nothing was counted");
            told.push((name.to_owned(), weight, millis));
        };
        for (user, name) in [(&worker, "desk"), (&citizen, "own")] {
            let mut browser = Browser::open(320);
            browser.be_slow();
            browser.go(&format!("{base}/fi/"));
            look(&mut browser, "landing");
            log_in(&mut browser, &base, "fi", user);
            browser.weight();
            let address = browser.address();
            browser.go(&address);
            look(&mut browser, name);
            if name == "desk" {
                browser.fill("#identity_code", &code);
                browser.click("form.form button");
                look(&mut browser, "situation");
            }
            browser.click(".tabs li:nth-child(2) a");
            look(&mut browser, "list");
            browser.click(".line a");
            look(&mut browser, "document");
        }
        let over = |(_, weight, millis): &&(String, f64, f64)| {
            *weight > MOST_BYTES || *millis > MOST_MILLIS
        };
        let heavy: Vec<_> = told.iter().filter(over).collect();
        assert!(heavy.is_empty(), "{heavy:?}");
        println!("{told:?}");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
