//! Certificates and tokens that open nothing: each gets an answer it can read, and one log line.

use std::time::{Duration, Instant};

use varanto_app::certificates::KnownCertificate;
use varanto_domain::ids::Oid;
use varanto_server::certificates::Authority;

use crate::house::{House, code};

const PATH: &str = "/api/v1/documents/1.2.3";

/// ACC-1: expired, not yet valid, revoked, of another authority, of an organisation nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_certificate_gets_a_problem_and_one_log_line() {
    let house = House::open();
    let own = house.organisation();
    let revoked = house.issue(&own, -1, 30);
    house.authority.revoke(&revoked.serial, house.doors.clock.now()).unwrap();
    house.doors.judge.refresh().unwrap();
    let unknown = Oid::parse("1.2.246.10.99999999").unwrap();

    for (issued, status, expected) in [
        (house.issue(&own, -30, -1), 401, "certificate-expired"),
        (house.issue(&own, 1, 30), 401, "certificate-not-yet-valid"),
        (revoked, 401, "certificate-revoked"),
        (house.issue(&unknown, -1, 30), 403, "system-unknown"),
    ] {
        let lines = house.log_lines();
        let answer = house.showing(&issued).get(PATH).await.unwrap();
        assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (status, expected));
        assert_eq!(house.log_lines(), lines + 1, "{expected}");
    }
}

/// ACC-1: a certificate of somebody else's authority, even with all the right names.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_refused() {
    let house = House::open();
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Authority::open(elsewhere.path(), &[], house.doors.clock.now()).unwrap();
    let now = house.doors.clock.now().millis();
    let issued = other
        .issue(&varanto_server::certificates::ClientOrder {
            system: "demo".into(),
            organisation: house.organisation(),
            organisation_name: "Väärä".into(),
            from: varanto_domain::time::Instant::from_millis(now - 60_000),
            until: varanto_domain::time::Instant::from_millis(now + 60_000_000),
        })
        .unwrap();

    let answer = house.showing(&issued).get(PATH).await.unwrap();

    assert_eq!(code(&answer), "certificate-unknown-issuer");
}

/// A revocation reaches a connection that is open already.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_reaches_an_open_connection() {
    let house = House::open();
    let issued = house.issue(&house.organisation(), -1, 30);
    let mut line = house.showing(&issued).connect().await.unwrap();
    assert_eq!(code(&line.get(PATH).await.unwrap()), "not-found");

    house.authority.revoke(&issued.serial, house.doors.clock.now()).unwrap();

    let mut told = String::new();
    for _ in 0..100 {
        told = code(&line.get(PATH).await.unwrap());
        if told != "not-found" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(told, "certificate-revoked");
}

/// ACC-1, OPS-4: what another server revoked opens nothing, also where the folder of certificates takes nothing in; and
/// operators are told for as long as it does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_is_heard_also_where_the_folder_takes_nothing_in() {
    let house = House::open();
    let (issued, other) =
        (house.issue(&house.organisation(), -1, 30), house.issue(&house.organisation(), -1, 30));
    let mut line = house.showing(&issued).connect().await.unwrap();
    assert_eq!(code(&line.get(PATH).await.unwrap()), "not-found");
    let together = async || {
        let told = house.system().get("/metrics").await.unwrap().text();
        let figure = told.lines().find(|line| line.starts_with("varanto_certificates_together "));
        figure.is_some_and(|figure| figure.ends_with(" 1"))
    };
    let lock = house.doors.config.data.join("pki/lock");
    let _ = std::fs::remove_file(&lock);
    std::fs::create_dir(&lock).unwrap();

    let revoked_at = Some(house.doors.clock.now());
    let (serial, certificate) = (issued.serial.clone(), Vec::new());
    let told = KnownCertificate { serial, certificate, revoked_at };
    house.doors.app.take_in_certificates(vec![told]).unwrap();
    // A change that is seen.
    house.issue(&house.organisation(), -1, 30);
    let begun = Instant::now();
    while code(&line.get(PATH).await.unwrap()) != "certificate-revoked" || together().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "it goes on letting it in");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(code(&house.showing(&issued).get(PATH).await.unwrap()), "certificate-revoked");
    assert_eq!(code(&house.showing(&other).get(PATH).await.unwrap()), "not-found");
    assert!(house.authority.revoked().unwrap().is_empty(), "nothing was taken in");

    std::fs::remove_dir(&lock).unwrap();
    while !together().await {
        assert!(begun.elapsed() < Duration::from_secs(40), "it is not told when it is well");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(house.authority.revoked().unwrap().len(), 1);
}

/// The same problem in three languages, chosen by `Accept-Language`.
#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_told_in_the_callers_language() {
    let house = House::open();
    let issued = house.issue(&house.organisation(), -30, -1);
    let mut line = house.showing(&issued).connect().await.unwrap();

    for (asked, language, title) in [
        ("fi", "fi", "Varmenne on vanhentunut"),
        ("de, sv;q=0.8", "sv", "Certifikatet har gått ut"),
        ("en-GB", "en", "The certificate has expired"),
        ("de", "fi", "Varmenne on vanhentunut"),
    ] {
        let answer = line.get_with(PATH, &[("accept-language", asked)]).await.unwrap();
        assert_eq!(answer.header("content-language"), language);
        let told = answer.json();
        assert_eq!(told["title"], title);
        assert_eq!(told["rule"], "ACC-1");
        assert!(told["type"].as_str().unwrap().ends_with("/problems/certificate-expired"));
        let id = answer.header("x-request-id");
        assert_eq!(told["instance"], format!("urn:uuid:{id}"));
    }
}

/// ACC-1: tokens expired, forged, of a weak login, of an unknown role; a good one of a person opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_refused_with_its_reason() {
    let house = House::open();
    let user = house.provider.users()[0].clone();
    let claims = house.provider.claims(&user, Duration::from_mins(10), None);
    let signed = |change: &dyn Fn(&mut varanto_kit::oidc::Claims)| {
        let mut claims = claims.clone();
        change(&mut claims);
        house.provider.sign(&claims)
    };
    for (token, expected) in [
        (signed(&|_| ()), "not-found"),
        (signed(&|claims| claims.exp -= 100_000), "token-expired"),
        (signed(&|claims| claims.iss.push('x')), "token-wrong-issuer"),
        (signed(&|claims| claims.role = "emperor".into()), "role-unknown"),
        (signed(&|claims| claims.organisation = "1.2.3".into()), "organisation-unknown"),
        ("nonsense".to_owned(), "token-malformed"),
    ] {
        let answer = house.stranger().bearer(&token).get(PATH).await.unwrap();
        assert_eq!(code(&answer), expected);
    }
    for acr in ["weak", ""] {
        let weak = house.stranger().bearer(&signed(&|claims| claims.acr = acr.into()));
        let answer =
            weak.post_json("/api/v1/documents/_search", &serde_json::json!({})).await.unwrap();
        assert_eq!((answer.status.as_u16(), code(&answer)), (403, "weak-login".into()));
    }
}

/// LOG-1: whoever tries without end is in the log with a first line and a count, not with a line for
/// each try.
#[tokio::test(flavor = "multi_thread")]
async fn many_tries_of_one_stranger_are_two_lines() {
    let house = House::open();
    let lines = house.log_lines();
    let mut line = house.stranger().bearer("nonsense").connect().await.unwrap();
    for _ in 0..40 {
        assert_eq!(code(&line.get(PATH).await.unwrap()), "token-malformed");
    }
    assert_eq!(house.log_lines(), lines + 1);
    house.doors.tell_turned_away(true).await;
    assert_eq!(house.log_lines(), lines + 2);
    house.doors.tell_turned_away(true).await;
    assert_eq!(house.log_lines(), lines + 2);
}

/// ACC-1: a certificate and a token together are refused, so that the log never loses the person.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_and_a_token_together_are_refused() {
    let house = House::open();
    let user = house.provider.users()[0].clone();
    let token = house.provider.token_for(&user.id, Duration::from_mins(10)).unwrap();
    let lines = house.log_lines();

    let answer = house.system().bearer(&token).get(PATH).await.unwrap();

    assert_eq!((answer.status.as_u16(), code(&answer)), (400, "two-callers".into()));
    assert_eq!(house.log_lines(), lines + 1);
}

/// A page is for everybody: a bad certificate does not close it.
#[tokio::test(flavor = "multi_thread")]
async fn pages_open_without_a_good_certificate() {
    let house = House::open();
    let issued = house.issue(&house.organisation(), -30, -1);
    assert_eq!(house.showing(&issued).get("/fi/").await.unwrap().status, 200);
}
