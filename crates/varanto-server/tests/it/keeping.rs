//! Main users over REST: whole requests, whole answers.

use std::time::Duration;

use serde_json::{Value, json};
use varanto_app::users::Loading;
use varanto_kit::http::Client;

use crate::house::{House, code};

/// The identity codes of the three who take part.
const CODES: [&str; 3] = ["010180-9015", "010180-9026", "010180-9037"];

/// A main user of an organisation, logged in.
fn main_user(house: &House, subject: &str, organisation: &str) -> Client {
    let user = house.provider.users()[0].clone();
    let mut claims = house.provider.claims(&user, Duration::from_mins(10), None);
    subject.clone_into(&mut claims.sub);
    organisation.clone_into(&mut claims.organisation);
    "main-user".clone_into(&mut claims.role);
    house.stranger().bearer(&house.provider.sign(&claims))
}

/// JOI-3: an organiser's main user lets a producer's keep its users, and takes it back: every door with its whole answer,
/// and every fault of what is sent at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_lets_a_producers_main_user_keep_its_users() {
    let house = House::open();
    let (county, producer) = (house.organisation().to_string(), house.producer().to_string());
    let chief = json!({"subject": "chief", "organisation": county, "given_names": "Päivi", "family_name": "Pää",
        "identity_code": CODES[0], "role": "main-user", "first_day": "2020-01-01", "granted_by": "Johto"});
    let file = json!({"users": [chief]}).to_string();
    house.doors.app.load_users(file.as_bytes(), Loading::default()).unwrap();
    let chief = main_user(&house, "chief", &county);

    let days = |mut body: Value| {
        body["first_day"] = "2020-01-01".into();
        body["last_day"] = "2099-12-31".into();
        body
    };
    let sent = days(json!({"producer": producer, "service_tasks": ["24"]}));
    let answer = chief.post_json("/api/v1/delegations", &sent).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    let delegation = answer.json();
    let number = delegation["delegation"].as_str().unwrap().to_owned();
    let expected = json!({"delegation": number, "organiser": county, "producer": producer, "units": [],
        "service_tasks": ["24"], "login": "strong", "first_day": "2020-01-01", "last_day": "2099-12-31",
        "given_at": delegation["given_at"]});
    assert_eq!(delegation, expected);

    let user = |subject: &str, role: &str| {
        days(json!({"subject": subject, "organisation": producer, "organiser": county,
            "given_names": "Aino", "family_name": "Testi", "role": role,
            "identity_code": CODES[if subject == "boss" { 1 } else { 2 }]}))
    };
    let mut named = user("boss", "main-user");
    let without = chief.post_json("/api/v1/users", &named).await.unwrap();
    assert_eq!(
        (without.status.as_u16(), without.json()["faults"][0]["code"].clone()),
        (422, "no-delegation".into())
    );
    named["delegation"] = number.as_str().into();
    let answer = chief.post_json("/api/v1/users", &named).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    let told = answer.json();
    let mut expected = named.clone();
    expected.as_object_mut().unwrap().remove("identity_code");
    expected["identity_code_known"] = true.into();
    expected["user"] = told["user"].clone();
    expected["units"] = json!([]);
    expected["login"] = "strong".into();
    expected["granted_by"] = "Päivi Pää".into();
    expected["granted_at"] = told["granted_at"].clone();
    assert_eq!(told, expected);

    let boss = main_user(&house, "boss", &producer);
    let page = boss.post_json("/api/v1/users/_search", &json!({})).await.unwrap().json();
    assert_eq!(page, json!({"users": [told], "next": null}));
    let mut wide = user("aino", "main-user");
    wide["units"] = json!(["1.2.3"]);
    let answer = boss.post_json("/api/v1/users", &wide).await.unwrap();
    let problem = answer.json();
    let codes: Vec<&str> = problem["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["wrong-value", "beyond-delegation", "wrong-value"]);
    let answer = boss.post_json("/api/v1/delegations", &sent).await.unwrap();
    assert_eq!((answer.status.as_u16(), code(&answer)), (403, "another-keepers-users".into()));

    // What the county grants itself; read, changed, ended.
    let aino =
        chief.post_json("/api/v1/users", &user("aino", "producer-worker")).await.unwrap().json();
    let path = |what: &str| format!("/api/v1/users/{}{what}", aino["user"].as_str().unwrap());
    assert_eq!(boss.get(&path("")).await.unwrap().json(), aino);
    let mut changed = user("aino", "producer-worker");
    changed.as_object_mut().unwrap().remove("identity_code");
    changed["service_tasks"] = json!(["24"]);
    let changed = chief.post_json(&path("/change"), &changed).await.unwrap().json();
    assert_eq!(
        (&changed["service_tasks"], &changed["identity_code_known"]),
        (&json!(["24"]), &true.into())
    );
    assert_ne!(changed["user"], aino["user"]);
    let again = chief.post_json(&path("/end"), &json!({})).await.unwrap();
    assert_eq!(
        (again.status.as_u16(), again.json()["faults"][0]["code"].clone()),
        (422, "ended-already".into())
    );

    let path = format!("/api/v1/delegations/{number}/withdrawal");
    let answer = chief.post_json(&path, &json!({})).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.json()["faults"][0]["element"].clone()),
        (422, "rights".into())
    );
    let answer = chief.post_json(&path, &json!({"rights": "keep"})).await.unwrap().json();
    assert_eq!(answer["ended_rights"], 1);
    assert!(answer["withdrawn_at"].is_string());
    let answer = boss.post_json("/api/v1/users/_search", &json!({})).await.unwrap();
    assert_eq!((answer.status.as_u16(), code(&answer)), (403, "user-unknown".into()));
    let all = json!({"history": true});
    let page = chief.post_json("/api/v1/delegations/_search", &all).await.unwrap().json();
    assert_eq!(page["delegations"].as_array().unwrap().len(), 1);
    let page = chief.post_json("/api/v1/delegations/_search", &json!({})).await.unwrap().json();
    assert_eq!(page, json!({"delegations": [], "next": null}));
}
