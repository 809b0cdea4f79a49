//! The pages in a real browser: Chromium, at a desk's and at a phone's width.

use std::path::Path;
use std::process::Command;

use crate::house::House;

const CHROMIUM: &str = "/usr/bin/chromium";

/// What the browser made of a page: the document after scripts, and what it complained of.
fn look(address: &str, width: u32) -> (String, String) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(CHROMIUM)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-dev-shm-usage", "--ignore-certificate-errors", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},1200"))
        .args(["--virtual-time-budget=4000", "--dump-dom", address])
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    let complaints = complaints.lines().filter(|line| line.contains("CONSOLE"));
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        complaints.collect::<Vec<_>>().join("\n"),
    )
}

fn missing() -> bool {
    let missing = !Path::new(CHROMIUM).exists();
    if missing {
        println!("skipped: {CHROMIUM} is missing");
    }
    missing
}

/// The pages render without a complaint of the browser, script policy violations included.
#[tokio::test(flavor = "multi_thread")]
async fn pages_render_without_a_complaint_of_the_browser() {
    if missing() {
        return;
    }
    let house = House::showing_counts();
    let base = format!("https://localhost:{}", house.address.port());
    for (path, expected) in [
        ("/fi/", "Sosiaalihuollon asiakastiedon arkisto"),
        ("/sv/", "Arkiv för klientuppgifter inom socialvården"),
        ("/en/api/", "/api/v1/documents/_search"),
        ("/problems/busy", "busy"),
    ] {
        let address = format!("{base}{path}");
        let (page, complaints) =
            tokio::task::spawn_blocking(move || look(&address, 1200)).await.unwrap();
        assert!(page.contains(expected), "{path}: {page}");
        assert_eq!(complaints, "", "{path}");
    }
}

/// A page with a frame as wide as a phone, which tells how much wider than it a page inside is.
const PHONE: &str = "<!doctype html><title>…</title><iframe src=\"/probe/inner\" width=360 \
    height=700 onload=\"var d=this.contentDocument.documentElement;\
    document.title='too wide by '+(d.scrollWidth-d.clientWidth)+' of '+d.clientWidth\"></iframe>";

/// A page of ours as it is served, allowed into the frame above.
fn probe(page: &std::sync::Arc<std::sync::Mutex<String>>) -> axum::Router {
    let headers = |policy: &'static str| {
        [("content-security-policy", policy), ("x-frame-options", "SAMEORIGIN")]
    };
    let inner = std::sync::Arc::clone(page);
    let outer = axum::response::Html(PHONE);
    let open = "default-src 'self' 'unsafe-inline'";
    axum::Router::new()
        .route("/probe", axum::routing::get(move || async move { (headers(open), outer) }))
        .route(
            "/probe/inner",
            axum::routing::get(move || async move {
                (headers(open), axum::response::Html(inner.lock().unwrap().clone()))
            }),
        )
}

/// CIT-1's measure, kept by our own pages already: nothing sticks out at the width of a phone.
#[tokio::test(flavor = "multi_thread")]
async fn pages_fit_a_phone() {
    if missing() {
        return;
    }
    let page = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let house = House::beside(probe(&page));
    let address = format!("https://localhost:{}/probe", house.address.port());
    for path in ["/fi/", "/sv/api/", "/problems/duplicate-with-other-bytes"] {
        let served = house.stranger().get(path).await.unwrap().text();
        *page.lock().unwrap() = served;
        let at = address.clone();
        let (shown, _) = tokio::task::spawn_blocking(move || look(&at, 500)).await.unwrap();
        let title = shown.split("<title>").nth(1).unwrap_or_default();
        let title = title.split("</title>").next().unwrap_or_default();
        assert!(title.starts_with("too wide by 0 of 3"), "{path}: {title}");
    }
}

/// The island of script came to life: without it the form stays hidden.
#[tokio::test(flavor = "multi_thread")]
async fn the_trying_form_comes_to_life_and_only_with_script() {
    if missing() {
        return;
    }
    let house = House::open();
    let address = format!("https://localhost:{}/fi/api/", house.address.port());
    let served = house.stranger().get("/fi/api/").await.unwrap().text();
    assert!(served.contains(r#"<form class="try" id="try-form" hidden>"#));
    let (page, _) = tokio::task::spawn_blocking(move || look(&address, 1200)).await.unwrap();
    assert!(page.contains(r#"<form class="try" id="try-form">"#), "{page}");
}
