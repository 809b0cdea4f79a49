//! Handing over on requests from outside, over REST and with the offline check: whole requests and whole answers.

use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use varanto_kit::http::{Answer, Client};

use crate::house::{House, code, faults, form};

/// A house with a client's first documents, of whom the population register tells, and the client's own request.
async fn house_with_a_request() -> (House, Value) {
    let house = House::without_signatures();
    let made = house.made();
    let mut line = house.system().connect().await.unwrap();
    for one in &made {
        let answer = line.post_form("/api/v1/documents", form(one)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    house.tell_of_persons();
    let metadata: Value = serde_json::from_str(&made[0].metadata_json).unwrap();
    let request = json!({
        "client": { "identity_code": metadata["client"]["identity_code"] },
        "receiver": { "kind": "client", "name": "Aino Vastaanottaja" },
        "ground": "data-subject", "reference": "SUV/12:3/2026", "handler": "Testi Arkistonhoitaja",
    });
    (house, request)
}

async fn asked(client: &Client, query: &str, body: &Value) -> Answer {
    let mut line = client.connect().await.unwrap();
    line.post_json(&format!("/api/v1/clients/_disclosure{query}"), body).await.unwrap()
}

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_varanto"))
        .args(["verify", "--json"])
        .args(arguments)
        .env_remove("VARANTO_CONFIG")
        .env("LANG", "en_GB.UTF-8")
        .output()
        .unwrap()
}

/// DIS-6: a package comes whole, with its length and its digest, and holds offline; a byte that is changed is found. The
/// dry run tells the same documents.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_given_and_verified_offline() {
    let (house, request) = house_with_a_request().await;
    let reviewer = house.person("archivist");
    let plan = asked(&reviewer, "?dry_run=true", &request).await;
    assert_eq!(plan.status, 200, "{}", plan.text());
    let planned = plan.json()["documents"].as_array().unwrap().len();
    assert!(
        planned > 0 && plan.json()["documents"][0]["extent"]["code"] == "whole",
        "{}",
        plan.text()
    );

    let lines = house.log_lines();
    let given = asked(&reviewer, "?language=sv", &request).await;
    assert_eq!(given.status, 200, "{}", given.text());
    assert_eq!(house.log_lines(), lines + planned as u64, "a line for each document");
    assert_eq!(given.header("content-type"), "application/zip");
    let named = "attachment; filename=\"varanto-package-SUV-12-3-2026.zip\"";
    assert_eq!(given.header("content-disposition"), named);
    assert_eq!(given.header("cache-control"), "no-store");
    assert_eq!(given.header("content-length"), given.body.len().to_string());
    let digest = varanto_domain::archive::proof::sha256(&given.body);
    let told = format!("sha-256=:{}:", STANDARD.encode(digest));
    assert_eq!(given.header("repr-digest"), told);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("package.zip");
    std::fs::write(&file, &given.body).unwrap();
    let path = file.to_str().unwrap();
    let key = house.doors.app.verifier_key();
    let checksum = varanto_formats::package::hexadecimal(&digest);
    let verified = verify(&["--package", path, "--key", &key, "--checksum", &checksum]);
    let said: Value = serde_json::from_slice(&verified.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&verified.stderr)));
    assert_eq!((&said["holds"], &said["documents"]), (&json!(true), &json!(planned)));
    assert_eq!(said["with_content"], planned);

    let mut changed = given.body.to_vec();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&file, &changed).unwrap();
    let found = verify(&["--package", path]);
    assert!(!found.status.success());
    assert!(String::from_utf8_lossy(&found.stderr).contains("not-a-package"));
}

fn is_print(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, kind)| kind == "pdf")
}

/// DIS-6: on paper each document is a print; of somebody who is not known there is nothing, and what is wrong with a
/// request is told at once.
#[tokio::test(flavor = "multi_thread")]
async fn paper_nothing_and_faults_are_answered() {
    let (house, request) = house_with_a_request().await;
    let system = house.system();
    let with = |name: &str, value: Value| {
        let mut body = request.clone();
        body[name] = value;
        body
    };
    let paper = asked(&system, "?language=fi", &with("form", json!("paper"))).await;
    assert_eq!(paper.status, 200, "{}", paper.text());
    let entries = varanto_formats::zip::read(&paper.body).unwrap();
    let prints = entries.iter().filter(|(name, _)| is_print(name));
    assert!(
        prints.clone().count() > 1 && prints.clone().all(|(_, data)| data.starts_with(b"%PDF-"))
    );
    let unknown = with("client", json!({ "identity_code": "010199-900X" }));
    let nobody = asked(&system, "", &unknown).await;
    let told = (nobody.status.as_u16(), nobody.text());
    assert!(told.0 == 404 || told.0 == 422, "{told:?}");
    assert!(!told.1.contains("010199"), "{told:?}");
    let wrong = asked(&system, "", &json!({ "ground": "urgent" })).await;
    assert_eq!(wrong.status, 422);
    let elements: Vec<String> = faults(&wrong).into_iter().map(|(_, element)| element).collect();
    assert_eq!(elements, ["client", "receiver", "ground", "reference"]);
    let mut after = with("ground", json!("after-death"));
    let clients = asked(&system, "", &after).await;
    assert_eq!(faults(&clients), [("wrong-form".to_owned(), "receiver.kind".to_owned())]);
    after["receiver"]["kind"] = "relative".into();
    let after = asked(&system, "", &after).await;
    assert_eq!((after.status.as_u16(), code(&after)), (403, "request-ground-does-not-fit".into()));
}
