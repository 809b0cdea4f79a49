//! What every route says to a stranger.

use bytes::Bytes;
use serde_json::json;
use varanto_kit::county::Made;
use varanto_kit::http::Send;
use varanto_server::rest::openapi;
use varanto_server::rest::routes::Operation;
use varanto_server::rest::table::TABLE;

use crate::house::{House, code, form};

/// A body that names the client of a document.
fn of_client(made: &Made) -> serde_json::Value {
    let metadata: serde_json::Value = serde_json::from_str(&made.metadata_json).unwrap();
    json!({ "client": { "identity_code": metadata["client"]["identity_code"] } })
}

/// The example of a request from outside, about the client of a document.
fn of_request(operation: &Operation, made: &Made) -> Bytes {
    let example = operation.takes.unwrap().example;
    let mut body: serde_json::Value = serde_json::from_str(example).unwrap();
    body["client"] = of_client(made)["client"].clone();
    body.to_string().into()
}

fn filled(path: &str) -> String {
    path.replace("{oid}", "1.2.246.537.6.1506")
        .replace("{part}", "view")
        .replace("{opening}", "1")
        .replace("{id}", "1")
        .replace("{choice}", "1")
        .replace("{user}", "1")
        .replace("{delegation}", "1")
        .replace("{digest}", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
}

/// Every route of the interface: closed ones say who may come in, open ones never 401; none is
/// missing. The table is the router and the document alike.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_interface_answers_a_stranger_as_its_table_says() {
    let house = House::open();
    let mut line = house.stranger().connect().await.unwrap();
    for operation in TABLE {
        let path = filled(&operation.full_path());
        let with = Send { content_type: Some("application/json"), headers: &[] };
        let answer = line.send(operation.method, &path, Bytes::from("{}"), with).await.unwrap();
        if operation.open {
            assert!(matches!(answer.status.as_u16(), 200 | 400 | 404), "{operation:?}");
        } else {
            assert_eq!(answer.status, 401, "{operation:?}");
            assert_eq!(code(&answer), "authentication-needed", "{operation:?}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"varanto\"");
        }
    }
    assert_eq!(house.versions(), 0);
}

/// The path of an operation that asks about a document, or its relationship.
fn path_of(
    operation: &Operation,
    (document, relationship): (&str, &str),
    organisation: &str,
) -> String {
    let path = filled(&operation.full_path().replace("{oid}", document));
    match operation.id {
        "read_delays" => format!("{path}?controller={organisation}"),
        "read_relationship" | "read_workers" | "act_on_relationship" | "offer_choice" => {
            path.replace(document, relationship)
        }
        _ => path,
    }
}

/// What a stranger sends to a route, its media type first; `None`: there is nothing to send.
fn sent_to(
    operation: &Operation,
    house: &House,
    made: &Made,
    relationship: &str,
) -> Option<(String, Bytes)> {
    let document = made.document_id.to_string();
    let sent = match operation.id {
        "archive_document" | "make_view" => {
            let form = form(made);
            (form.content_type(), form.finish())
        }
        "archive_message" | "check_message" => crate::national::of_another(house)?,
        "explain_access" => {
            let body = json!({ "document": document, "action": "read" });
            ("application/json".to_owned(), body.to_string().into())
        }
        "invalidate_document" => ("application/json".to_owned(), Bytes::from(r#"{"reason":"4"}"#)),
        "search_documents" => ("application/json".to_owned(), Bytes::from(r#"{"group":"1"}"#)),
        "search_log" | "review_log" | "search_openings" | "search_users" | "search_delegations" => {
            ("application/json".to_owned(), Bytes::from("{}"))
        }
        "place_hold"
        | "search_holds"
        | "propose_destruction"
        | "search_destructions"
        | "carry_out_destruction"
        | "grant_user"
        | "change_user"
        | "delegate_users"
        | "withdraw_delegation"
        | "answer_correction"
        | "offer_choice" => {
            ("application/json".to_owned(), Bytes::from(operation.takes.unwrap().example))
        }
        "judge_opening" => ("application/json".to_owned(), Bytes::from(r#"{"state":"approved"}"#)),
        "read_own_log" | "print_own_log" | "read_summary" => {
            ("application/json".to_owned(), of_client(made).to_string().into())
        }
        "open_up" => {
            let mut body = of_client(made);
            body["reason"] = "urgent".into();
            ("application/json".to_owned(), body.to_string().into())
        }
        "hand_over" => ("application/json".to_owned(), of_request(operation, made)),
        "search_permission" | "search_refusals" | "record_permission" | "record_refusal"
        | "join_identities" | "part_identities" => {
            let takes = operation.takes.as_ref().unwrap();
            ("application/json".to_owned(), Bytes::from(takes.example))
        }
        "open_relationship" | "act_on_relationship" | "open_case" | "act_on_case" => {
            let example = operation.takes.unwrap().example;
            let example = example.replace("1.2.246.10.1234567.95777.2026.1", relationship);
            ("application/json".to_owned(), Bytes::from(example))
        }
        _ => ("application/json".to_owned(), Bytes::new()),
    };
    Some(sent)
}

/// ACC-2, D3: what each closed route tells a genuine system of another organisation, whose business the
/// document is not. A route that is not named here fails: nobody has asked what it tells a stranger.
#[tokio::test(flavor = "multi_thread")]
async fn every_closed_route_keeps_a_document_from_another_organisations_system() {
    let house = House::open();
    let made = house.made().remove(0);
    house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    let document = made.document_id.to_string();
    let about: serde_json::Value = serde_json::from_str(&made.metadata_json).unwrap();
    let relationship = about["relationship_id"].as_str().unwrap().to_owned();
    let mut other = house.system_of(&house.producer()).connect().await.unwrap();
    for operation in TABLE.iter().filter(|operation| !operation.open) {
        let path = path_of(operation, (&document, &relationship), house.organisation().as_str());
        let Some(sent) = sent_to(operation, &house, &made, &relationship) else { continue };
        let with = Send { content_type: Some(&sent.0), headers: &[] };
        let answer = other.send(operation.method, &path, sent.1, with).await.unwrap();
        let told = (answer.status.as_u16(), answer.text());
        let tells = |status, words: &str| {
            assert_eq!(told.0, status, "{operation:?}: {}", told.1);
            assert!(told.1.contains(words), "{operation:?}: {}", told.1);
        };
        match operation.id {
            "read_document"
            | "read_content"
            | "read_part"
            | "show_document"
            | "print_document"
            | "list_versions"
            | "read_proof"
            | "read_signature_material"
            | "list_access"
            | "invalidate_document"
            | "archive_document"
            | "read_delays"
            | "check_message"
            | "open_relationship"
            | "read_relationship"
            | "read_workers"
            | "offer_choice"
            | "act_on_relationship"
            | "open_case"
            | "make_view" => tells(403, "\"another-register\""),
            "search_permission" | "search_refusals" | "record_permission" | "record_refusal" => {
                tells(403, "\"receiver-without-relationship\"");
            }
            // There is no case yet, nor a notice; a case that is another's is told as its document would be.
            "read_case" | "act_on_case" | "acknowledge_notice" | "hand_over"
            | "read_correction" | "answer_correction" | "end_choice" => {
                tells(404, "\"not-found\"");
            }
            "search_log"
            | "review_log"
            | "search_openings"
            | "search_users"
            | "judge_opening"
            | "read_own_log"
            | "print_own_log"
            | "open_up"
            | "grant_user"
            | "read_user"
            | "change_user"
            | "end_user"
            | "delegate_users"
            | "search_delegations"
            | "withdraw_delegation"
            | "join_identities"
            | "part_identities"
            | "place_hold"
            | "search_holds"
            | "lift_hold"
            | "propose_destruction"
            | "search_destructions"
            | "read_destruction"
            | "approve_destruction"
            | "withdraw_destruction"
            | "stop_destruction"
            | "carry_out_destruction"
            | "read_destruction_certificate" => tells(403, "\"role-does-not-fit\""),
            "archive_message" => tells(403, "another-register"),
            "explain_access" => {
                tells(200, "\"another-register\"");
                assert_eq!(answer.json()["allowed"], false);
            }
            "search_documents" => tells(200, "\"documents\":[]"),
            "read_summary" => tells(200, "\"relationships\":[],\"cases\":[],\"documents\":[]"),
            "list_notices" => tells(200, "\"notices\":[]"),
            "list_corrections" => tells(200, "\"corrections\":[]"),
            "list_choices" => tells(200, "\"choices\":[]"),
            other => panic!("nobody has asked what {other} tells a stranger"),
        }
    }
    assert_eq!(house.versions(), 1);
}

/// Every documented route is served: a wrong method is told which ones are right.
#[tokio::test(flavor = "multi_thread")]
async fn every_documented_route_is_served() {
    let house = House::open();
    let mut line = house.stranger().connect().await.unwrap();
    let served = line.get("/api/openapi.json").await.unwrap().json();
    assert_eq!(served, openapi::document(&house.doors.base, None));
    for (path, methods) in served["paths"].as_object().unwrap() {
        let path = filled(path);
        let answer = line.send("DELETE", &path, Bytes::new(), Send::default()).await.unwrap();
        assert_eq!((answer.status.as_u16(), code(&answer)), (405, "method-not-allowed".into()));
        for method in methods.as_object().unwrap().keys() {
            assert!(answer.header("allow").contains(&method.to_uppercase()), "{method} {path}");
        }
    }
}

/// Every page, and what pages load.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_opens_to_a_stranger_and_loads_nothing_from_elsewhere() {
    let house = House::open();
    let mut line = house.stranger().connect().await.unwrap();
    for path in ["/", "/fi/", "/sv/", "/en/", "/api/", "/fi/api/", "/sv/api/", "/en/api/"] {
        let page = line.get(path).await.unwrap();
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        let text = page.text();
        assert!(!text.contains("<style") && !text.contains(" style=\""), "{path}");
        for link in ["src=\"http", "href=\"http", "<script>", " onclick"] {
            assert!(!text.contains(link), "{path} {link}");
        }
    }
    for asset in ["varanto.css", "try.js", "varanto.svg", "regular.woff2", "semibold.woff2"] {
        assert_eq!(line.get(&format!("/assets/{asset}")).await.unwrap().status, 200, "{asset}");
    }
    for path in ["/api", "/fi", "/sv", "/en"] {
        let moved = line.get(path).await.unwrap();
        assert_eq!((moved.status.as_u16(), moved.header("location")), (308, &*format!("{path}/")));
    }
    for path in ["/problems/busy", "/problems/wrong-type", "/problems/another-register"] {
        assert_eq!(line.get(path).await.unwrap().status, 200, "{path}");
    }
    for path in ["/nowhere", "/assets/none", "/problems/none", "/api/v1/none", "/fi/none"] {
        assert_eq!(code(&line.get(path).await.unwrap()), "not-found", "{path}");
    }
}

/// A browser gets a page that it can read, a machine gets the problem.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_a_page_where_a_machine_gets_a_problem() {
    let house = House::open();
    let mut line = house.stranger().connect().await.unwrap();
    let accept = [("accept", "text/html,*/*;q=0.8"), ("accept-language", "sv")];
    let page = line.get_with("/nowhere", &accept).await.unwrap();
    assert_eq!(page.status, 404);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("Finns inte"));
    let machine = line.get_with("/api/v1/nowhere", &accept).await.unwrap();
    assert_eq!(code(&machine), "not-found");
}

/// The login of the demonstration's people: it begins for strangers.
#[tokio::test(flavor = "multi_thread")]
async fn the_login_tells_where_its_doors_are() {
    let house = House::open();
    let told = house.stranger().get("/oidc/.well-known/openid-configuration").await.unwrap().json();
    assert_eq!(told["issuer"], house.provider.issuer());
    let ask = house.stranger().get("/oidc/authorize?response_type=code").await.unwrap();
    assert_eq!(ask.status, 400);
}
