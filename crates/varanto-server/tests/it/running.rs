//! Health, figures, bulletins: what operators and joined organisations see. Source: OPS-4.

use serde_json::json;
use varanto_kit::http::Client;
use varanto_server::bulletins::{Bulletin, Severity};
use varanto_server::operating::Verified;

use crate::house::{House, form};

/// Figures have route templates, never identifiers or client data.
#[tokio::test(flavor = "multi_thread")]
async fn figures_tell_routes_and_nobodys_data() {
    let house = House::open();
    let made = house.made().remove(0);
    let mut line = house.system().connect().await.unwrap();
    line.post_form("/api/v1/documents", form(&made)).await.unwrap();
    line.get(&format!("/api/v1/documents/{}", made.document_id)).await.unwrap();
    line.get("/api/v1/documents/1.2.3?hetu=180418A903L").await.unwrap();

    let stranger = house.stranger();
    let mut odd = stranger.connect().await.unwrap();
    let asked = varanto_kit::http::Send::default();
    odd.send("HETU180418", "/health", bytes::Bytes::new(), asked).await.unwrap();

    let figures = line.get("/metrics").await.unwrap().text();

    assert!(figures.contains("route=\"/api/v1/documents/{oid}\",method=\"GET\",status=\"200\""));
    assert!(figures.contains("varanto_request_seconds_bucket"), "{figures}");
    assert!(figures.contains("varanto_commits_total"));
    assert!(!figures.contains(made.document_id.as_str()));
    assert!(figures.contains("method=\"other\"") && !figures.contains("HETU180418"));
    assert!(!figures.contains("180418A903L") && !figures.contains("hetu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_readiness_part_when_the_archive_is_ending() {
    let house = House::open();
    let mut line = house.stranger().connect().await.unwrap();
    assert_eq!(line.get("/health").await.unwrap().json(), json!({ "status": "alive" }));
    assert_eq!(line.get("/ready").await.unwrap().json(), json!({ "status": "ready" }));
    house.doors.end();
    assert_eq!(line.get("/health").await.unwrap().status, 200);
    let answer = line.get("/ready").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "2"));
}

/// OPS-4: how the archive does is told at the operators' place alone, in three languages, and without anything of a client;
/// what wants a look says what to do.
#[tokio::test(flavor = "multi_thread")]
async fn operators_see_how_the_archive_does() {
    let house = House::with_operators();
    let made = house.made().remove(0);
    house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    let operator = Client::new(house.operators.unwrap(), "localhost", &house.ca).unwrap();
    for (path, told, remedy) in [
        ("/fi/operator/", "Miten arkisto voi", "Aja varanto verify."),
        ("/sv/operator/", "Hur arkivet mår", "Kör varanto verify."),
        ("/en/operator/", "How the archive does", "Run varanto verify."),
    ] {
        assert_eq!(house.stranger().get(path).await.unwrap().status, 404);
        let page = operator.get(path).await.unwrap();
        let text = page.text();
        assert_eq!(page.status, 200);
        assert!(text.contains(told) && text.contains(remedy), "{text}");
        assert!(!text.contains("operator.") && !text.contains(made.document_id.as_str()));
    }
    assert_eq!(operator.get("/operator/").await.unwrap().header("location"), "/fi/operator/");
    let figure = |text: &str, name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.rsplit(' ').next().and_then(|value| value.parse().ok()).unwrap_or_default()
    };
    let figures = operator.get("/metrics").await.unwrap().text();
    let free = figure(&figures, "varanto_disk_free_bytes ");
    assert!(free > 0.0 && free <= figure(&figures, "varanto_disk_bytes "), "{figures}");
    for of in ["server", "authority", "system"] {
        let ends = format!("varanto_certificate_ends_timestamp_seconds{{of=\"{of}\"}}");
        assert!(figure(&figures, &ends) > 1e9, "{of}: {figures}");
    }
    assert!(figure(&figures, "varanto_commits_within_total{le=\"+Inf\"}") >= 1.0, "{figures}");

    let verified = Verified { at: house.doors.clock.now().millis(), damaged: 0 };
    verified.note(&house.doors.config.data).unwrap();
    let page = operator.get("/en/operator/").await.unwrap().text();
    assert!(!page.contains("Run varanto verify."), "{page}");
    let figures = operator.get("/metrics").await.unwrap().text();
    assert!(figure(&figures, "varanto_verified_timestamp_seconds ") > 1e9);
}

/// A writer that is gone is found out by the first write, and balancers look elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn the_archive_is_not_ready_when_its_writer_has_ended() {
    let house = House::open();
    house.doors.app.clone().close();
    let written = house.system().get("/api/v1/documents/1.2.3").await.unwrap();
    assert_eq!(written.status, 503);
    assert_eq!(house.stranger().get("/ready").await.unwrap().status, 503);
}

/// Strangers see how much is inside only where the configuration says so.
#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_tells_counts_only_when_told_to() {
    let house = House::open();
    assert!(!house.stranger().get("/en/").await.unwrap().text().contains("class=\"tiles\""));
    let showing = House::showing_counts();
    assert!(showing.stranger().get("/en/").await.unwrap().text().contains("class=\"tiles\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulletin_shows_in_the_interface_and_on_the_page_in_its_language() {
    let house = House::open();
    let bulletin = Bulletin {
        number: 0,
        severity: Severity::Disturbance,
        published: house.doors.clock.now().to_string(),
        until: None,
        withdrawn: None,
        fi: "Haku on hidas".into(),
        sv: "Sökningen är långsam".into(),
        en: "Search is slow".into(),
    };
    house.doors.bulletins.publish(bulletin).unwrap();
    let mut line = house.stranger().connect().await.unwrap();

    let told = line.get("/api/v1/bulletins").await.unwrap().json();
    assert_eq!(told["bulletins"][0]["en"], "Search is slow");
    assert!(line.get("/sv/").await.unwrap().text().contains("Sökningen är långsam"));
    house.doors.bulletins.withdraw(1, house.doors.clock.now()).unwrap();
    assert!(!line.get("/sv/").await.unwrap().text().contains("Sökningen"));
}

/// REG-1 to REG-3: the registers are public.
#[tokio::test(flavor = "multi_thread")]
async fn registers_are_open_to_all() {
    let house = House::open();
    let mut line = house.stranger().connect().await.unwrap();
    let structures = line.get("/api/v1/structures").await.unwrap().json();
    let first = structures["structures"][0]["oid"].as_str().unwrap().to_owned();
    let schema = line.get(&format!("/api/v1/structures/{first}")).await.unwrap();
    assert_eq!(schema.header("content-type"), "application/schema+json");
    assert_eq!(schema.json()["sosmeta"]["oid"], first.as_str());
    let set = line.get("/api/v1/codesets/1.2.246.537.6.1221").await.unwrap().json();
    let values = set["versions"][0]["values"].as_array().unwrap();
    assert!(values.iter().any(|value| value["code"] == "24"), "{set}");
    let organisations = line.get("/api/v1/organisations").await.unwrap().json();
    assert!(organisations["organisations"].as_array().unwrap().len() >= 3);
}
