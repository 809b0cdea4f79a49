//! The main user's desk: rights granted, changed and ended, delegations given and withdrawn, by their pages.

use varanto_app::users::Loading;

use crate::chromium;
use crate::house::House;
use crate::pages::{Walk, log_in};
use crate::people::Guest;

const HOME: &str = "/fi/desk/users/";
const NEW: &str = "/fi/desk/users/new/";
const DELEGATIONS: &str = "/fi/desk/users/delegations/";

/// A house whose county keeps a register of its users.
fn kept() -> House {
    let house = House::open();
    let file = house.county.users_json();
    house.doors.app.load_users(file.as_bytes(), Loading::default()).unwrap();
    house
}

/// The login of one in a role.
fn login(house: &House, role: &str) -> String {
    house.provider.users().iter().find(|user| user.role == role).unwrap().id.clone()
}

/// A name as the pages show it first, and the address of its page.
fn address_of(page: &str, name: &str) -> String {
    let (before, _) =
        page.split_once(&format!("\">{name}</a>")).unwrap_or_else(|| panic!("{page}"));
    before.rsplit_once("href=\"").unwrap().1.to_owned()
}

/// JOI-3, ACC-2: by its pages a main user grants a right, changes it and ends it; each fault is told beside its field and
/// nothing typed is lost; nobody else comes in.
#[tokio::test(flavor = "multi_thread")]
async fn a_main_user_keeps_the_register_of_users() {
    let house = kept();
    let mut chief = Guest::of(&house);
    let inside = chief.log_in(&login(&house, "main-user")).await;
    assert_eq!(inside.header("location"), HOME, "{}", inside.text());
    let listed = chief.get(HOME).await.text();
    assert!(listed.contains("Arkistonhoitaja"), "{listed}");

    let county = house.organisation();
    let form = format!("{NEW}?of={county}");
    let page = chief.get(&form).await.text();
    assert!(
        page.contains("name=\"identity_code\"") && !page.contains("name=\"delegation\""),
        "{page}"
    );
    let sent = format!(
        "of={county}&subject=uusi&given_names=Uuno&family_name=Uusi&role=worker&identity_code=010180-901X&first_day=1.1.2026&last_day=31.12.2025&act=keep"
    );
    let faulty = chief.post(&form, NEW, &sent).await;
    let text = faulty.text();
    assert!(
        text.contains("id=\"identity_code-fault\"") && text.contains("value=\"Uuno\""),
        "{text}"
    );
    let sent = sent.replace("901X", "9015");
    let text = chief.post(&form, NEW, &sent).await.text();
    assert!(
        text.contains("id=\"last_day-fault\"") && !text.contains("id=\"identity_code-fault\""),
        "{text}"
    );
    let (_, told) = text.split_once("id=\"last_day-fault\">").unwrap();
    let told = told.split('<').next().unwrap();
    assert!(told.contains("Viimeinen päivä") && !told.contains("last_day"), "{told}");
    let sent = sent.replace("31.12.2025", "31.12.2099");
    let granted = chief.post(&form, NEW, &sent).await;
    assert_eq!(granted.header("location"), format!("{HOME}?done=granted"), "{}", granted.text());
    let listed = chief.get(HOME).await.text();
    let right = address_of(&listed, "Uuno Uusi");

    let page = chief.get(&right).await.text();
    assert!(page.contains("value=\"2099-12-31\"") && !page.contains("010180"), "{page}");
    let changed = "given_names=Uuno&family_name=Uusi&role=responsible-worker&service_tasks=24&first_day=2026-01-01&last_day=2099-12-31&act=keep";
    let changed = chief.post(&right, &right, changed).await;
    assert_eq!(changed.header("location"), format!("{HOME}?done=changed"), "{}", changed.text());
    let listed = chief.get(HOME).await.text();
    assert!(listed.contains("Vastuutyöntekijä"), "{listed}");
    let right = address_of(&listed, "Uuno Uusi");
    let unsure = chief.post(&right, &right, "act=end").await;
    assert_eq!(unsure.status, 200, "{}", unsure.text());
    let ended = chief.post(&right, &right, "act=end&sure=1").await;
    assert_eq!(ended.header("location"), format!("{HOME}?done=ended"), "{}", ended.text());
    assert!(!chief.get(HOME).await.text().contains("Uuno Uusi"));
    let all = chief.get(&format!("{HOME}?ended=1")).await.text();
    assert_eq!(
        all.matches("Uuno Uusi").count(),
        2,
        "what was changed and what was ended both stay"
    );
    // The own right is nobody's to end but another's.
    let own = address_of(
        &chief.get(HOME).await.text(),
        &house.provider.users().iter().find(|user| user.role == "main-user").unwrap().name,
    );
    let kept = chief.post(&own, &own, "act=end&sure=1").await;
    assert_eq!(kept.status, 200);
    assert!(kept.text().contains("role=\"alert\""), "{}", kept.text());

    for role in ["worker", "archivist"] {
        let mut other = Guest::of(&house);
        other.log_in(&login(&house, role)).await;
        for page in [HOME, NEW, DELEGATIONS] {
            assert_eq!(other.get(page).await.status, 403, "{role} {page}");
        }
    }
    assert_eq!(house.doors.app.verify_store(|_| {}).unwrap().damage.len(), 0);
}

/// JOI-3: an organiser's main user lets a producer's keep its users by a page, names the main user, and takes it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_main_user_delegates_to_a_producer() {
    let house = kept();
    let (county, producer) = (house.organisation().to_string(), house.producer().to_string());
    let mut chief = Guest::of(&house);
    chief.log_in(&login(&house, "main-user")).await;
    let form = format!("{DELEGATIONS}new/?of={producer}");
    let path = format!("{DELEGATIONS}new/");
    let sent = format!("producer={producer}&service_tasks=24&first_day=2026-01-01");
    let text = chief.post(&form, &path, &sent).await.text();
    assert!(text.contains("id=\"last_day-fault\""), "{text}");
    let given = chief.post(&form, &path, &format!("{sent}&last_day=2099-12-31")).await;
    assert_eq!(
        given.header("location"),
        format!("{DELEGATIONS}?done=delegated"),
        "{}",
        given.text()
    );

    let whose = format!("{producer}@{county}");
    let form = format!("{NEW}?of={whose}");
    let page = chief.get(&form).await.text();
    let (_, rest) =
        page.split_once("<select id=\"delegation\"").unwrap_or_else(|| panic!("{page}"));
    let number =
        rest.split("<option value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let sent = format!(
        "of={whose}&subject=tuottaja&given_names=Tuula&family_name=Tuottaja&role=main-user&identity_code=010180-9026&first_day=2026-01-01&last_day=2099-12-31&act=keep"
    );
    let text = chief.post(&form, NEW, &sent).await.text();
    assert!(text.contains("id=\"delegation-fault\""), "{text}");
    let named = chief.post(&form, NEW, &format!("{sent}&delegation={number}")).await;
    assert_eq!(named.header("location"), format!("{HOME}?done=granted"), "{}", named.text());

    let unsaid = chief.post(DELEGATIONS, DELEGATIONS, &format!("delegation={number}")).await;
    assert!(unsaid.text().contains("role=\"alert\""), "{}", unsaid.text());
    let back = format!("delegation={number}&rights=end");
    let taken = chief.post(DELEGATIONS, DELEGATIONS, &back).await;
    assert_eq!(
        taken.header("location"),
        format!("{DELEGATIONS}?done=withdrawn"),
        "{}",
        taken.text()
    );
    assert!(!chief.get(HOME).await.text().contains("Tuula"));
}

/// JOI-3: in each language, on a desk and on a phone, every page of the main user's desk is sound and complains of nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_main_user_works_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let house = kept();
    let base = format!("https://localhost:{}", house.address.port());
    let chief = login(&house, "main-user");
    let (county, producer) = (house.organisation().to_string(), house.producer().to_string());
    let walk = move || {
        for (language, width) in
            [("fi", 1280), ("sv", 320), ("en", 1280), ("fi", 320), ("sv", 1280), ("en", 320)]
        {
            let mut walk = Walk::open(width);
            log_in(&mut walk.browser, &base, language, &chief);
            let at = |path: &str| format!("{base}/{language}/desk/users/{path}");
            assert_eq!(walk.browser.address(), at(""));
            let name = |page: &str| format!("users-{page}-{language}-{width}");
            walk.check(&name("list"));
            for (page, path) in [
                ("whose", "new/".to_owned()),
                ("new", format!("new/?of={county}")),
                ("new-main-user", format!("new/?of={producer}@{county}")),
                ("delegations", "delegations/".to_owned()),
                ("delegation", format!("delegations/new/?of={producer}")),
            ] {
                walk.browser.go(&at(&path));
                walk.check(&name(page));
            }
            walk.browser.go(&at(""));
            walk.browser.click(".cards a");
            walk.check(&name("right"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
