//! The work queue of old data at the archivist's desk: over plain HTTP, and in a real browser.

use std::collections::BTreeSet;

use varanto_kit::deliveries::SourceSystem;
use varanto_kit::http::Answer;

use crate::chromium;
use crate::house::IN_TWO_POSITIONS;
use crate::importing::Batch;
use crate::pages::{Walk, log_in};
use crate::people::{Guest, find};

const HOME: &str = "/fi/desk/archive/old-data/";
const BATCH: &str = "/fi/desk/archive/old-data/eka/";

/// The logins of those who keep the archive of the delivery's controller.
pub(crate) fn archivists(batch: &Batch) -> Vec<String> {
    let own = batch.house.organisation().to_string();
    let users = batch.house.provider.users().iter();
    let keeps = users.filter(|user| user.role == "archivist" && user.organisation == own);
    keeps.map(|user| user.id.clone()).collect()
}

/// The addresses that a page holds below another one.
fn links<'p>(page: &'p str, below: &str) -> Vec<&'p str> {
    let addresses = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    addresses.filter(|address| address.starts_with(below)).collect()
}

/// The cause whose text holds these words.
fn cause<'p>(page: &'p str, words: &str) -> &'p str {
    let card = page.split("<li class=\"card\">").find(|card| card.contains(words));
    links(card.unwrap_or_else(|| panic!("no {words} in {page}")), BATCH)[0]
}

/// The value of a hidden field of a page's first form that has it.
fn hidden(page: &str, name: &str) -> String {
    let field = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    field.unwrap_or_else(|| panic!("no {name} in {page}")).split('"').next().unwrap().to_owned()
}

/// What is chosen for a target in a page's form.
fn chosen(page: &str, target: &str) -> String {
    let field = page.split(&format!("name=\"v.{target}\"")).nth(1).expect("the field");
    let field = field.split("</select>").next().unwrap();
    let before = field.split("\" selected").next().unwrap();
    before.rsplit("value=\"").next().unwrap().to_owned()
}

/// The address at which a row's page shows its file.
fn file_of(page: &str) -> String {
    let address = page
        .split("href=\"")
        .find_map(|rest| rest.split('"').next().filter(|address| address.contains("/file?")));
    address.unwrap_or_else(|| panic!("no file in {page}")).replace("&#38;", "&")
}

/// What was shown of a row to whoever leaves it out.
fn seen_to_leave(page: &str) -> String {
    let before = page.split("name=\"decision\"").next().unwrap();
    let seen = before.rsplit("name=\"seen\" value=\"").next().unwrap();
    seen.split('"').next().unwrap().to_owned()
}

/// The words before what a form on a page sends: what was shown.
fn shown(page: &str) -> String {
    let count = if page.contains("name=\"count\"") { hidden(page, "count") } else { String::new() };
    format!("seen={}&count={count}", hidden(page, "seen"))
}

/// Sends a row's form; where other rows of the client say otherwise, says that it is so nevertheless.
async fn post_all_the_same(one: &mut Guest<'_>, row: &str, form: &str) -> Answer {
    let asked = one.post(row, row, form).await;
    if asked.status != 200 || !asked.text().contains("name=\"sure_of\"") {
        return asked;
    }
    let sure = hidden(&asked.text(), "sure_of");
    one.post(row, row, &format!("{form}&sure_of={sure}")).await
}

/// OLD-7, CAS-6, LOG-1: an archivist completes like rows together and others one by one, takes back and answers anew; the
/// run takes all of it in. Each look is a line; nobody else sees anything; no address holds a client.
#[tokio::test(flavor = "multi_thread")]
async fn an_archivist_completes_a_batch_and_the_run_takes_it_in() {
    let batch = Batch::with(SourceSystem::Kaisla, 300, 200).await;
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    assert!(one.get(HOME).await.text().contains("Eriä ei ole"));
    assert_eq!(one.get(BATCH).await.status, 404);
    let before = batch.done("rehearse");
    let faulty = before["states"]["faulty"].as_u64().unwrap();

    let lines = batch.house.log_lines();
    assert!(one.get(HOME).await.text().contains(BATCH));
    let page = one.get(BATCH).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(batch.house.log_lines(), lines + 2, "each look is a line");
    let page = page.text();

    let unnamed = cause(&page, "muunnostiedosto ei nimeä");
    let seen = shown(&one.get(unnamed).await.text());
    let unsure = one.post(unnamed, unnamed, &format!("act=answer&v.general_type=2&{seen}")).await;
    assert!(unsure.text().contains("eikä sitä vahvistettu"), "{}", unsure.text());
    let wrong = format!("act=answer&v.general_type=2%0A3&sure=1&{seen}");
    let wrong = one.post(unnamed, unnamed, &wrong).await;
    assert!(wrong.text().contains("id=\"v-general_type-fault\""), "{}", wrong.text());
    let other = "act=answer&v.general_type=2&sure=1&seen=ab&count=1";
    let unseen = one.post(unnamed, unnamed, other).await;
    assert!(unseen.text().contains("sellainen kuin se sinulle näytettiin"), "{}", unseen.text());
    let right = format!("act=answer&v.general_type=2&sure=1&{seen}");
    let done = one.post(unnamed, unnamed, &right).await;
    let page = one.follow(&done).await.text();
    assert!(!page.contains(unnamed), "{page}");
    let log = one.get("/fi/desk/archive/log/").await.text();
    let together = log.split("Rivejä yhdessä: ").nth(1).expect("a line of many, in words");
    let (count, rows) = together.split_once(". Rivit ").expect("it says which");
    let rows: Vec<&str> = rows.split('.').next().unwrap().split(", ").collect();
    assert_eq!(count.parse::<usize>().unwrap(), rows.len(), "{rows:?}");
    assert!(rows.iter().all(|row| row.parse::<u64>().is_ok()), "{rows:?}");

    let unread = cause(&page, "ei ole päivää");
    let rows = one.get(unread).await.text();
    let row = links(&rows, &format!("{BATCH}rows/"))[0].to_owned();
    let lines = batch.house.log_lines();
    let sheet = one.get(&row).await;
    assert_eq!(batch.house.log_lines(), lines + 1);
    let sheet = sheet.text();
    assert!(sheet.contains("id=\"v-written_at\""), "{sheet}");
    let (plain, _) = row.split_once('?').unwrap();
    let paper = file_of(&sheet);
    let file = one.get(&paper).await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-security-policy").contains("default-src 'none'"));
    let seen = hidden(&sheet, "seen");
    let answer = |day: &str| format!("act=answer&seen={seen}&v.written_at={day}");
    let wrong = one.post(&row, &row, &answer("eilen")).await;
    assert!(wrong.text().contains("id=\"v-written_at-fault\""), "{}", wrong.text());
    assert!(wrong.text().contains("value=\"eilen\""), "what was written stays");
    let right = post_all_the_same(&mut one, &row, &answer("4.5.2017")).await;
    assert_eq!(right.status, 303, "{}", right.text());
    let late = one.post(&row, &row, &answer("5.5.2017")).await;
    assert!(late.text().contains("sellainen kuin se sinulle näytettiin"), "{}", late.text());
    assert!(!late.text().contains("5.5.2017"), "what was written of another state does not stay");
    let answered = format!("{BATCH}answers/");
    let page = one.get(&answered).await.text();
    assert!(page.contains("4.5.2017"), "{page}");
    let number = plain.trim_end_matches('/').rsplit('/').next().unwrap();
    let back =
        format!("act=take-back&row={number}%20{}", hidden(&one.get(&row).await.text(), "seen"));
    let back = one.post(&answered, &answered, &back).await;
    assert!(!one.follow(&back).await.text().contains("4.5.2017"));
    let sheet = one.get(&row).await.text();
    let seen = hidden(&sheet, "seen");
    let again = format!("act=answer&seen={seen}&v.written_at=4.5.2017");
    assert_eq!(post_all_the_same(&mut one, &row, &again).await.status, 303);

    for user in batch.house.provider.users() {
        if archivists(&batch).contains(&user.id) || user.role == "citizen" {
            continue;
        }
        let mut other = Guest::of(&batch.house);
        other.log_in(&user.id).await;
        for path in [BATCH, &row, &paper, unread, &answered] {
            let page = other.get(path).await;
            assert!(page.status.is_client_error() || page.status == 303, "{} {path}", user.id);
            assert!(!page.text().contains("v-written_at"), "{} {path}", user.id);
        }
        if user.role == "archivist" {
            assert!(!other.get(HOME).await.text().contains(BATCH), "{}", user.id);
        }
    }

    let run = batch.done("run");
    assert_eq!(run["refused"], 0, "{run}");
    let archived = run["archived"].as_u64().unwrap();
    assert!(archived > before["states"]["sound"].as_u64().unwrap(), "{run} {before}");
    let page = one.get(BATCH).await.text();
    assert!(page.contains("arkistointi on alkanut"), "{page}");
    let sum = batch.done("reconcile");
    assert_eq!(sum["archived"].as_u64(), Some(archived), "{sum}");
    assert!(sum["open"].as_u64().unwrap() < faulty, "{sum}");
    let report = std::fs::read_to_string(batch.path("report.jsonl")).unwrap();
    assert!(
        report.contains("\"completed\":[\"general_type\"]"),
        "the report names what people said"
    );
    assert!(report.contains("\"completed\":[\"written_at\"]"));
    let log = one.get("/fi/desk/archive/log/").await.text();
    assert!(log.contains("Vanhat tiedot ennen arkistointia"), "{log}");
}

/// OLD-7: what somebody wrote is not lost when a rehearsal begins while the form is open: it is shown again, can be sent
/// again, and stays beside what the rehearsal changed of the row.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_outlasts_a_rehearsal() {
    let batch = Batch::with(SourceSystem::Kaisla, 60, 0).await;
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let row = format!("{BATCH}rows/3/");
    let sheet = one.get(&row).await.text();
    let typed = |sheet: &str| {
        let (seen, same) = (hidden(sheet, "seen"), hidden(sheet, "same"));
        let names = hidden(sheet, "was.client.given_names");
        // As a browser sends a form: also what nobody touched.
        let (shown, was) = (chosen(sheet, "general_type"), hidden(sheet, "was.general_type"));
        format!(
            "act=answer&seen={seen}&same={same}&v.client.given_names=Tuntematon&was.client.given_names={names}\
             &v.general_type={shown}&was.general_type={was}"
        )
    };
    let form = typed(&sheet);
    let work = varanto_workbench::work::Work::open(&batch.path("batches/eka")).unwrap();
    work.clear().unwrap();
    drop(work);
    let away = one.post(&row, &row, &form).await;
    assert_eq!(away.status, 200);
    let away = away.text();
    assert!(away.contains("ei ole juuri nyt luettavissa"), "{away}");
    assert!(away.contains("Etunimet: <strong>Tuntematon</strong>"), "{away}");
    assert_eq!(hidden(&away, "seen"), hidden(&sheet, "seen"));
    assert_eq!(hidden(&away, "act"), "answer");

    // Another mapping makes something else of the row: it is shown, and what was written stays beside it.
    let mapping = batch.path("mapping.toml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    let before = chosen(&sheet, "general_type");
    let after = if before == "2" { "3" } else { "2" };
    let mended: Vec<String> = text
        .lines()
        .map(|line| {
            if line.starts_with("general_type = ") {
                line.replace(&format!("\"{before}\""), &format!("\"{after}\""))
            } else {
                line.to_owned()
            }
        })
        .collect();
    let text = mended.join("\n");
    std::fs::write(&mapping, &text).unwrap();
    batch.done("rehearse");
    let again = one.post(&row, &row, &form).await.text();
    assert!(again.contains("sellainen kuin se sinulle näytettiin"), "{again}");
    assert_eq!(hidden(&again, "v.client.given_names"), "Tuntematon");
    assert_ne!(before, after);
    assert_eq!(chosen(&again, "general_type"), after, "what nobody wrote follows the row");
    assert_ne!(hidden(&again, "seen"), hidden(&sheet, "seen"));
    let saved = post_all_the_same(&mut one, &row, &typed(&again)).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let given = one.get(&format!("{BATCH}answers/")).await.text();
    assert!(given.contains("Etunimet") && !given.contains("Yleinen asiakirjatyyppi"), "{given}");
    // Of a row that is another one by now it does not stay.
    let form = typed(&one.get(&row).await.text()).replace("same=", "same=0");
    std::fs::write(&mapping, format!("# Luettu kolmannen kerran.\n{text}")).unwrap();
    batch.done("rehearse");
    let other = one.post(&row, &row, &form.replace("Tuntematon", "Outolintu")).await.text();
    assert!(!other.contains("Outolintu"), "{other}");
}

/// OLD-7, OLD-8: who completes a row that the archive plan then does not bring is told so on the page that follows.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_plan_leaves_out_is_told_at_the_desk() {
    let batch = Batch::with(SourceSystem::Kaisla, 60, 0).await;
    let mapping = batch.path("mapping.toml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    let plan = "kept_elsewhere = \"Paperiarkisto\"\n\n[bring]\n\"20\" = \"nothing\"\notherwise = \"all\"\n\n[convert]";
    std::fs::write(&mapping, text.replacen("[convert]", plan, 1)).unwrap();
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let row = format!("{BATCH}rows/3/");
    let seen = hidden(&one.get(&row).await.text(), "seen");
    let saved = one.post(&row, &row, &format!("act=answer&seen={seen}&v.service_task=20")).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let page = one.follow(&saved).await.text();
    assert!(page.contains("arkistointisuunnitelma jättää sen tuomatta"), "{page}");
    assert!(page.contains("palvelutehtävä säilytetään muualla"), "{page}");
    assert_eq!(links(&page, &row), [row.as_str()], "the row can be opened from there");
    let made_up = one.get(&format!("{BATCH}?left=3&why=joku-muu")).await.text();
    assert!(!made_up.contains("jättää sen tuomatta"), "{made_up}");
}

/// OLD-7, LOG-1: what is of the client is shown beside the document alone, where the look is a line of the client's; what
/// a field of one line cannot hold is not answered unseen.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_a_client_is_shown_beside_the_document_alone() {
    let batch = Batch::with(SourceSystem::Kaisla, 60, 0).await;
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let row = format!("{BATCH}rows/3/");
    let sheet = one.get(&row).await.text();
    assert!(!sheet.contains("v.controller.id"), "whose register it comes into is not said here");
    let seen = hidden(&sheet, "seen");
    let names = format!("act=answer&seen={seen}&v.client.given_names=Tuntematon");
    assert_eq!(post_all_the_same(&mut one, &row, &names).await.status, 303);
    let page = one.get(&format!("{BATCH}answers/")).await.text();
    assert!(page.contains("Etunimet") && !page.contains("Tuntematon"), "{page}");
    let lines = batch.house.log_lines();
    assert!(one.get(&row).await.text().contains("Tuntematon"));
    assert_eq!(batch.house.log_lines(), lines + 1);
    let log = one.get("/fi/desk/archive/log/").await.text();
    let told = "Rivi näytettiin. Erä eka. Rivi 3. Asiakirjan tunniste arkistossa: 1.2.246.10.";
    assert!(log.contains(told), "{log}");
}

/// OLD-7, ACC-2: a form answers what was changed in it and nothing else, also where a field of one line cannot hold what the
/// source says; a delivery that is another one by now is shown to nobody, and a broken batch is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_answers_what_was_changed_in_it() {
    let batch = Batch::with(SourceSystem::Aamu, 60, 0).await;
    let clients = batch.path("delivery/ASIAKKAAT.CSV");
    let lines = std::fs::read(&clients).unwrap();
    let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').collect();
    let columns: Vec<&[u8]> = lines[0].split(|byte| *byte == b';').collect();
    let named = columns.iter().position(|column| column.starts_with(b"NIMI")).unwrap();
    let of_two_lines = lines.iter().enumerate().map(|(at, line)| {
        let mut values: Vec<Vec<u8>> =
            line.split(|byte| *byte == b';').map(<[u8]>::to_vec).collect();
        if at > 0 && values.len() == columns.len() {
            values[named] = [b"\"", values[named].as_slice(), b"\nToinen\""].concat();
        }
        values.join(&b';')
    });
    let of_two_lines: Vec<Vec<u8>> = of_two_lines.collect();
    std::fs::write(&clients, of_two_lines.join(&b'\n')).unwrap();
    batch.done("rehearse");
    std::fs::create_dir(batch.path("batches/rikki")).unwrap();
    std::fs::write(batch.path("batches/rikki/work.sqlite"), "no database, but long enough")
        .unwrap();

    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    assert!(!one.get(HOME).await.text().contains("rikki"));
    assert_eq!(one.get(&format!("{HOME}rikki/")).await.status, 404);
    let row = format!("{BATCH}rows/3/");
    let sheet = one.get(&row).await.text();
    let given_names = hidden(&sheet, "v.client.given_names");
    assert!(given_names.contains("\nToinen"), "{given_names}");
    // As a browser sends a field of one line.
    let one_line = given_names.replace('\n', "");
    let encoded = one_line.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let form = format!(
        "act=answer&seen={}&v.client.given_names={encoded}&v.general_type=2",
        hidden(&sheet, "seen")
    );
    let saved = one.post(&row, &row, &form).await;
    let page = one.get(&format!("{BATCH}answers/")).await.text();
    assert_eq!(saved.status, 303, "{}", saved.text());
    assert!(page.contains("Yleinen asiakirjatyyppi") && !page.contains("Etunimet"), "{page}");

    let cause = links(&one.get(BATCH).await.text(), &format!("{BATCH}causes/"))[0].to_owned();
    std::fs::write(batch.path("delivery/AAA.TXT"), "one file more").unwrap();
    for path in [row.clone(), format!("{row}file")] {
        let page = one.get(&path).await;
        assert_eq!(page.status, 409);
        assert!(page.text().contains("Toimitusta on muutettu"), "{}", page.text());
    }
    assert!(one.get(&row).await.text().contains(&format!("<a class=\"button\" href=\"{BATCH}\">")));
    // The batch says it, and offers nothing that would be refused.
    let page = one.get(BATCH).await.text();
    assert!(page.contains("Toimitusta on muutettu harjoituksen jälkeen"), "{page}");
    assert_eq!(links(&page, &format!("{BATCH}causes/")), [""; 0]);
    assert_eq!(one.get(&cause).await.status, 303, "back to the batch");
    let page = one.get(&format!("{BATCH}answers/")).await.text();
    assert!(page.contains("Toimitusta on muutettu"), "{page}");
    assert_eq!(links(&page, &format!("{BATCH}rows/")), [""; 0]);
}

/// OLD-7: what is said of a client against other rows is asked before it is kept, with these rows; a moment is written as people
/// write it, and the other row of a fault can be laid beside.
#[tokio::test(flavor = "multi_thread")]
async fn what_other_rows_say_otherwise_is_asked() {
    let batch = Batch::with(SourceSystem::Kaisla, 60, 0).await;
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let (mut row, mut others) = (String::new(), Vec::new());
    for place in 2..=61 {
        row = format!("{BATCH}rows/{place}/");
        let sheet = one.get(&row).await.text();
        if let Some(list) = sheet.split("Saman asiakkaan muita rivejä").nth(1) {
            others = links(list, &format!("{BATCH}rows/")).into_iter().map(str::to_owned).collect();
            break;
        }
    }
    assert!(!others.is_empty());
    let sheet = one.get(&row).await.text();
    let state = if chosen(&sheet, "client_state") == "deceased" { "ended" } else { "deceased" };
    let form = format!("act=answer&seen={}&v.client_state={state}", hidden(&sheet, "seen"));
    let asked = one.post(&row, &row, &form).await;
    assert_eq!(asked.status, 200);
    let asked = asked.text();
    assert!(asked.contains("asiakkuuden tila tai itse asiakkuus on toinen"), "{asked}");
    let told = asked.split("Vielä ei tallennettu").nth(1).unwrap().split("sure_of").next().unwrap();
    let told = links(told, &format!("{BATCH}rows/"));
    assert!(
        !told.is_empty() && told.iter().all(|row| others.iter().any(|one| one == row)),
        "{told:?}"
    );
    assert_eq!(chosen(&asked, "client_state"), state, "what was chosen stays");
    let answers = format!("{BATCH}answers/");
    assert!(!one.get(&answers).await.text().contains("Asiakkuuden tila"), "nothing is kept");
    let again = one.post(&row, &row, &format!("{form}&sure_of=ab")).await;
    assert_eq!(again.status, 200, "it is said of what was shown");
    assert_eq!(post_all_the_same(&mut one, &row, &form).await.status, 303);
    assert!(one.get(&answers).await.text().contains("Asiakkuuden tila"));

    let (first, lines) = (others[0].clone(), batch.house.log_lines());
    let number = first.trim_end_matches('/').rsplit('/').next().unwrap();
    let beside = one.get(&format!("{row}?beside={number}")).await.text();
    assert!(beside.contains(&format!("Rivin {number} asiakirja")), "{beside}");
    assert_eq!(batch.house.log_lines(), lines + 2, "both are looked at");

    let sheet = one.get(&first).await.text();
    let seen = hidden(&sheet, "seen");
    let moment = format!("act=answer&seen={seen}&v.written_at=4.5.2017+klo+8.30");
    let saved = post_all_the_same(&mut one, &first, &moment).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let sheet = one.get(&first).await.text();
    assert_eq!(hidden(&sheet, "v.written_at"), "4.5.2017 klo 8.30");
    let moment =
        format!("act=answer&seen={}&v.written_at=4.5.2017+kl.+25.30", hidden(&sheet, "seen"));
    let wrong = one.post(&first, &first, &moment).await.text();
    assert!(wrong.contains("id=\"v-written_at-fault\""), "{wrong}");
}

/// OLD-7, LOG-1: the file of a row is chosen from the delivery's, what was written goes along, and no address says a name.
#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_row_is_chosen_from_a_list() {
    let batch = Batch::with(SourceSystem::Aamu, 60, 0).await;
    std::fs::write(batch.path("delivery/VIRTANEN.TXT"), "Toinen teksti").unwrap();
    std::fs::write(batch.path("delivery/MUU.TXT"), "Muu teksti").unwrap();
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let row = format!("{BATCH}rows/3/");
    let files = format!("{row}files/");
    let seen = hidden(&one.get(&row).await.text(), "seen");
    let form = format!("act=files&seen={seen}&v.language=sv&v.file=eioo");
    let page = one.post(&row, &files, &form).await.text();
    assert!(
        page.contains("value=\"VIRTANEN.TXT\"") && page.contains("value=\"MUU.TXT\""),
        "{page}"
    );
    assert!(!page.contains("ASIAKKAAT.CSV"), "a table is no document");
    let log = one.get("/fi/desk/archive/log/").await.text();
    assert!(log.contains("Toimituksen tiedostojen nimet."), "{log}");
    let page = one.post(&row, &files, &format!("{form}&named=virta")).await.text();
    assert!(page.contains("value=\"VIRTANEN.TXT\"") && !page.contains("MUU.TXT"), "{page}");
    let page = one.post(&row, &files, &format!("{form}&named=.&all=1")).await.text();
    assert!(page.contains(&format!("href=\"{row}\"")), "those of rows say of which: {page}");
    assert_eq!((hidden(&page, "v.language"), hidden(&page, "act")), ("sv".into(), "answer".into()));
    let chosen = format!("act=answer&seen={seen}&v.language=sv&v.file=VIRTANEN.TXT");
    let shown = one.post(&row, &row, &chosen).await.text();
    assert!(shown.contains("Nimeämäsi tiedosto"), "{shown}");
    assert_eq!(
        (hidden(&shown, "v.file"), hidden(&shown, "v.language")),
        ("VIRTANEN.TXT".into(), "sv".into())
    );
    assert_eq!(one.get(&files).await.status, 303, "a page that was opened anew is the row's");
}

/// OLD-7, OLD-9: after a run and after an undo the batch tells what is left of it, and each row can be opened.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_looked_back_at_after_a_run_and_an_undo() {
    let batch = Batch::with(SourceSystem::Kaisla, 120, 100).await;
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let cause = links(&one.get(BATCH).await.text(), &format!("{BATCH}causes/"))[0].to_owned();
    batch.done("run");
    let page = one.get(BATCH).await.text();
    assert!(page.contains("<h2>Jäi virheelliseksi</h2>"), "{page}");
    let rows = one.get(&cause).await.text();
    assert!(!rows.contains("name=\"act\""), "nothing is answered any more: {rows}");
    let faulty = links(&rows, &format!("{BATCH}rows/"))[0].to_owned();
    assert!(one.get(&faulty).await.text().contains("Lähteen rivi"));
    let mut settled = None;
    for place in 2..=121 {
        let row = format!("{BATCH}rows/{place}/");
        let sheet = one.get(&row).await.text();
        if sheet.contains("Rivin asiakirja on arkistossa") {
            settled = Some((row, sheet));
            break;
        }
    }
    let (row, sheet) = settled.expect("one is archived");
    assert!(
        !sheet.contains("Lähteen rivi"),
        "what stands in it is a document's of the archive: {sheet}"
    );
    let open = "/fi/desk/archive/open";
    let form = format!("document={}&reason=supervision", hidden(&sheet, "document"));
    let opened = one.post(&row, open, &form).await;
    assert_eq!(opened.status, 303, "{}", opened.text());

    batch.done("undo");
    let page = one.get(BATCH).await.text();
    assert!(page.contains("edition = 2") && page.contains(">Peruttu</span>"), "{page}");
    assert!(!page.contains("<progress"), "nothing of it is done");
    let count = |word: &str| {
        let told = page.split(&format!("<dt>{word}</dt><dd>")).nth(1);
        told.map_or(0, |told| told.split('<').next().unwrap().parse::<u64>().unwrap())
    };
    let parts = ["Peruttu", "Jätetään tuomatta", "Jäi virheelliseksi"].map(count);
    assert_eq!(parts.iter().sum::<u64>(), count("Rivejä"), "{parts:?}");
    assert!(one.get(&row).await.text().contains("se on mitätöity"));
}

/// OLD-7: a form that names another client asks for everything that is said of the one before, and offers nothing of it; that
/// nothing is known is said, and not left open. What is of no row any more keeps the batch from being archived until it is
/// forgotten at the desk.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_offers_nothing_of_another_client() {
    let batch = Batch::with(SourceSystem::Aamu, 60, 0).await;
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let row = format!("{BATCH}rows/3/");
    let sheet = one.get(&row).await.text();
    let names = hidden(&sheet, "v.client.family_name");
    assert!(!names.is_empty() && !sheet.contains("name=\"asked\""), "{sheet}");
    let code = "v.client.identity_code=010150-901D";
    let form = format!(
        "act=answer&seen={}&{code}&v.client.family_name={names}&v.client_state=ended",
        hidden(&sheet, "seen")
    );
    let asked = one.post(&row, &row, &form).await.text();
    assert_eq!(hidden(&asked, "v.client.family_name"), "", "{asked}");
    for target in ["client.family_name", "client.given_names", "client_state", "relationship_id"] {
        assert!(asked.contains(&format!("name=\"asked\" value=\"{target}\"")), "{target} {asked}");
    }
    let said = "asked=client.family_name&asked=client.given_names&asked=client_state&asked=relationship_id\
                &v.client.family_name=Virta&v.client.given_names=Anna&v.client_state=ended&v.relationship_id=";
    let form = format!("act=answer&seen={}&{code}&{said}", hidden(&asked, "seen"));
    // One letter is wrong: what else was written stays asked, and there.
    let mistyped = one.post(&row, &row, &form.replace("901D", "901E")).await.text();
    assert!(mistyped.contains("id=\"v-client-identity_code-fault\""), "{mistyped}");
    assert_eq!(hidden(&mistyped, "v.client.family_name"), "Virta");
    assert_eq!(chosen(&mistyped, "client_state"), "ended");
    assert!(mistyped.contains("name=\"asked\" value=\"client_state\""), "{mistyped}");
    let saved = post_all_the_same(&mut one, &row, &form).await;
    assert_eq!(
        saved.status,
        303,
        "no relationship is asked of whom is no client: {}",
        saved.text()
    );

    // The source says something else in the row by now.
    let index = batch.path("delivery/ASIAKIRJAT.CSV");
    let text = std::fs::read(&index).unwrap();
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let (before, after) = (lines[..2].join(&b'\n'), lines[3..].join(&b'\n'));
    std::fs::write(&index, [before, after].join(&b'\n')).unwrap();
    assert_eq!(batch.done("rehearse")["completed_rows_lost"], 1);
    let told = batch.command("run").output().unwrap();
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("not in the delivery any more"), "{told}");
    let answers = format!("{BATCH}answers/");
    let listed = one.get(&answers).await.text();
    assert!(listed.contains("Riveiltä, joita ei enää ole"));
    let form = format!("act=forget&lost={}", hidden(&listed, "lost").replace(' ', "+"));
    let forgotten = one.post(&answers, &answers, &form).await;
    assert!(!one.follow(&forgotten).await.text().contains("Riveiltä, joita ei enää ole"));
}

/// OLD-7, LOG-1: a file that is named for a row is shown before it is kept, and no address says its name; a form in which
/// nothing was changed says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_named_is_shown_before_it_is_kept() {
    let batch = Batch::with(SourceSystem::Aamu, 60, 0).await;
    std::fs::write(batch.path("delivery/VIRTANEN.TXT"), "Toinen teksti").unwrap();
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let row = format!("{BATCH}rows/3/");
    let sheet = one.get(&row).await.text();
    let own = file_of(&sheet);
    assert_eq!(one.get(&own).await.status, 200);
    assert_eq!(one.get(&format!("{row}file")).await.status, 404, "which file, it must be said");
    let log = one.get("/fi/desk/archive/log/").await.text();
    assert!(log.contains(own.split("is=").nth(1).unwrap()), "and the line says it, too: {log}");
    let (seen, was) = (hidden(&sheet, "seen"), hidden(&sheet, "v.document"));
    let unchanged = format!("act=answer&seen={seen}&v.document={was}&was.document={was}");
    let unchanged = one.post(&row, &row, &unchanged).await.text();
    assert!(unchanged.contains("Mitään ei muutettu"), "{unchanged}");
    let form = format!("act=answer&seen={seen}&v.file=VIRTANEN.TXT");
    let shown = one.post(&row, &row, &form).await;
    assert_eq!(shown.status, 200);
    let shown = shown.text();
    assert!(
        shown.contains("Nimeämäsi tiedosto") && shown.contains("Vielä ei tallennettu"),
        "{shown}"
    );
    assert_eq!(hidden(&shown, "v.file"), "VIRTANEN.TXT");
    let frame = shown
        .split("src=\"")
        .find_map(|rest| rest.split('"').next().filter(|address| address.contains("/file?at=")));
    let frame = &*frame.expect("a frame").replace("&#38;", "&");
    assert!(!frame.contains("VIRTANEN"), "{frame}");
    assert!(one.get(frame).await.text().contains("Toinen teksti"));
    let answers = format!("{BATCH}answers/");
    assert!(!one.get(&answers).await.text().contains("Tiedosto:"), "nothing is kept");
    // By counting nobody comes to a file.
    for at in 0..70 {
        assert_eq!(one.get(&format!("{row}file?at={at}")).await.status, 404, "{at}");
    }
    let again = format!("{form}&shown={}", hidden(&shown, "shown"));
    let saved = one.post(&row, &row, &again).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    assert!(one.get(&answers).await.text().contains("Tiedosto:"));
}

/// OLD-7, ARC-4: what hangs on a document that stays elsewhere is told when it is left out and when it comes back, also what
/// somebody said otherwise of meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_a_document_is_told_at_the_desk() {
    let batch = Batch::with(SourceSystem::Aamu, 60, 0).await;
    let mapping = batch.path("mapping.toml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    let elsewhere = "form = 1\nkept_elsewhere = \"Paperiarkisto\"";
    std::fs::write(&mapping, text.replacen("form = 1", elsewhere, 1)).unwrap();
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let mut found = None;
    for place in 2..=61 {
        let sheet = one.get(&format!("{BATCH}rows/{place}/")).await.text();
        if let Some(list) = sheet.split("Asiakirjalla on liitteitä.").nth(1) {
            let below = format!("{BATCH}rows/");
            let attached: Vec<String> = links(list.split("</p>").next().unwrap(), &below)
                .into_iter()
                .map(str::to_owned)
                .collect();
            found = Some((place, attached));
            break;
        }
    }
    let (place, attached) = found.expect("a document with attachments");
    let (row, answers) = (format!("{BATCH}rows/{place}/"), format!("{BATCH}answers/"));
    let count = attached.len();
    let leave = async |one: &mut Guest| {
        let seen = seen_to_leave(&one.get(&row).await.text());
        let form = format!("act=leave&decision=stays-elsewhere&seen={seen}");
        let left = one.post(&row, &row, &form).await;
        assert_eq!(left.status, 303, "{}", left.text());
        one.follow(&left).await.text()
    };
    let take_back = async |one: &mut Guest, row: &str| {
        let number = row.trim_end_matches('/').rsplit('/').next().unwrap();
        let seen = hidden(&one.get(row).await.text(), "row").replace(' ', "+");
        assert!(seen.starts_with(&format!("{number}+")), "{seen}");
        let taken = one.post(&answers, &answers, &format!("act=take-back&row={seen}")).await;
        one.follow(&taken).await.text()
    };
    let page = leave(&mut one).await;
    assert!(page.contains(&format!("säilytettäväksi muualla jää liitteitä: {count}.")), "{page}");
    let page = take_back(&mut one, &row).await;
    assert!(page.contains(&format!("palasivat niiden mukana: {count}.")), "{page}");
    leave(&mut one).await;
    let first = attached[0].clone();
    take_back(&mut one, &first).await;
    // Whoever ticks that it is a document of its own need not take away what stands there.
    let form = one.get(&first).await.text();
    let (seen, main) = (hidden(&form, "seen"), hidden(&form, "was.main_document"));
    assert!(!main.is_empty());
    let shown = format!("v.main_document={main}&was.main_document={main}");
    let own = format!("act=answer&seen={seen}&{shown}&nothing=main_document");
    assert_eq!(one.post(&first, &first, &own).await.status, 303);
    let page = take_back(&mut one, &row).await;
    assert!(page.contains("Lähteen mukaan nämä rivit ovat"), "{page}");
    assert_eq!(links(page.split("Lähteen mukaan").nth(1).unwrap(), &first)[0], first);
}

/// OLD-7: a row whose values are shifted has no form; the batch counts it apart, as one that is mended in the source.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_source_mends_has_no_form() {
    let batch = Batch::with(SourceSystem::Aamu, 60, 0).await;
    let index = batch.path("delivery/ASIAKIRJAT.CSV");
    let bytes = std::fs::read(&index).unwrap();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let shifted: Vec<Vec<u8>> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| if at == 2 { [b"liikaa;", *line].concat() } else { line.to_vec() })
        .collect();
    std::fs::write(&index, shifted.join(&b'\n')).unwrap();
    let mapping = batch.path("mapping.toml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    let elsewhere = "form = 1\nkept_elsewhere = \"Paperiarkisto\"";
    std::fs::write(&mapping, text.replacen("form = 1", elsewhere, 1)).unwrap();
    batch.done("rehearse");
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let page = one.get(BATCH).await.text();
    assert!(page.contains("<h2>Korjataan lähteessä</h2>"), "{page}");
    let row = format!("{BATCH}rows/3/");
    let sheet = one.get(&row).await.text();
    assert!(
        sheet.contains("Tämä rivi korjataan lähteessä") && !sheet.contains("name=\"v."),
        "{sheet}"
    );
    // A form of before, or one that was made up.
    let made_up = format!("act=answer&seen={}&v.language=sv", hidden(&sheet, "seen"));
    let refused = one.post(&row, &row, &made_up).await.text();
    assert!(refused.contains("Riviä ei voi täydentää"), "{refused}");
}

/// The hidden fields of a page's form, as it sends them.
fn sent_along(page: &str, form: &str) -> String {
    let form = page.split(form).nth(1).unwrap_or_else(|| panic!("no {form} in {page}"));
    let form = form.split("</form>").next().unwrap();
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|field| {
        let (name, rest) = field.split_once("\" value=\"")?;
        let value = rest.split('"').next()?;
        (name != "form_token").then(|| format!("{name}={value}"))
    });
    fields.collect::<Vec<_>>().join("&")
}

/// OLD-5, ARC-12: of an old case whose closing an import supposed a worker who serves the client says the day at the desk; no
/// day is offered, and it is said once.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_when_an_old_case_was_closed() {
    let batch = Batch::with(SourceSystem::Portti, 120, 0).await;
    batch.done("rehearse");
    batch.done("run");
    // That nobody is hidden is known of the population register alone.
    batch.house.tell_of_persons();
    let own = batch.house.organisation().to_string();
    let users = batch.house.provider.users().iter();
    let workers = users.filter(|user| user.role.ends_with("worker") && user.organisation == own);
    // Who works in two positions chooses one first.
    let workers: Vec<_> = workers.filter(|user| user.id != IN_TWO_POSITIONS).collect();
    let active = batch.said.iter().filter(|said| said.relationship.is_some());
    let codes: BTreeSet<&str> = active.map(|said| &*said.code).collect();
    for (code, worker) in codes.iter().flat_map(|code| workers.iter().map(move |one| (code, one))) {
        let mut guest = Guest::of(&batch.house);
        guest.log_in(&worker.id).await;
        let client = find(&mut guest, code).await;
        let page = guest.get(&client).await.text();
        let below = format!("{client}acts/say-closing/");
        let Some(link) = links(&page, &below).first().map(|link| link.replace("&#38;", "&")) else {
            continue;
        };
        assert!(page.contains("päivä ei tiedossa"), "{page}");
        let form = guest.get(&link).await.text();
        assert!(form.contains("Kerro, milloin asia päättyi"), "{form}");
        assert!(hidden(&form, "closed_on").is_empty(), "no day is offered");
        let along = sent_along(&form, "<form class=\"form\"");
        let address = link.split('?').next().unwrap();
        let of = |day: &str| format!("{along}&closed_on={day}&do=confirm");
        let early = guest.post(&link, address, &of("1.1.1950")).await;
        if early.status == 403 {
            // Of another unit.
            continue;
        }
        let early = early.text();
        assert!(early.contains("1.1.1950") && !early.contains("1950-01-01"), "{early}");
        let said = guest.post(&link, address, &of("31.12.2025")).await;
        assert_eq!(said.status, 303, "{}", said.text());
        let page = guest.follow(&said).await.text();
        assert!(page.contains("Asian päättymispäivä on tiedossa."), "{page}");
        assert!(page.contains("31.12.2025"), "{page}");
        let left: Vec<&str> = links(&page, &below);
        assert!(left.iter().all(|one| one.replace("&#38;", "&") != link), "it is said once");
        return;
    }
    panic!("no worker serves an active client with old cases");
}

/// OLD-7, OLD-9: a run takes in what was completed of what was rehearsed, and of nothing else; where it makes rows faulty
/// that were sound, nothing is archived before somebody has seen it.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_takes_in_answers_of_what_was_rehearsed_alone() {
    let batch = Batch::with(SourceSystem::Kaisla, 60, 0).await;
    let mapping = batch.path("mapping.toml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    let text = text.replacen("form = 1", "form = 1\nchecked_by_two = true", 1);
    std::fs::write(&mapping, &text).unwrap();
    let sound = batch.done("rehearse")["states"]["sound"].as_u64().unwrap();
    let mut one = Guest::of(&batch.house);
    one.log_in(&archivists(&batch)[0]).await;
    let row = format!("{BATCH}rows/3/");
    let seen = hidden(&one.get(&row).await.text(), "seen");
    let names = format!("act=answer&seen={seen}&v.client.given_names=Tuntematon");
    assert_eq!(post_all_the_same(&mut one, &row, &names).await.status, 303);

    let before = batch.house.versions();
    let run = || {
        let output = batch.command("run").output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    std::fs::write(&mapping, text.replacen("\"19\"", "\"12\"", 1)).unwrap();
    let (code, told) = run();
    assert!(code == Some(1) && told.contains("another than the one that was rehearsed"), "{told}");
    std::fs::write(&mapping, &text).unwrap();
    let (code, told) = run();
    assert!(code == Some(1) && told.contains("completed") && told.contains("1 (row 3)"), "{told}");
    assert_eq!(batch.house.versions(), before, "nothing is archived");
    let archived = batch.done("run")["archived"].as_u64().unwrap();
    assert_eq!(archived, sound - 1, "the row waits for its check");
}

/// Says that what was written is so nevertheless, where it is asked: some clients were not born on the day.
fn keep_all_the_same(browser: &mut chromium::Browser) {
    if browser.run("!!document.getElementById('sure-of')") == true {
        browser.run("document.getElementById('sure-of').click(); 0");
        browser.enter();
    }
}

/// OLD-7, CAS-6: in each language, on a desk and on a phone, an archivist opens a batch, answers a row with its document
/// beside, by the keyboard alone, and looks at what was answered; every page is sound and complains of nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_archivist_completes_rows_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let batch = Batch::with(SourceSystem::Kaisla, 400, 300).await;
    batch.done("rehearse");
    let base = format!("https://localhost:{}", batch.house.address.port());
    let user = archivists(&batch)[0].clone();
    let work = varanto_workbench::work::Work::open(&batch.path("batches/eka")).unwrap();
    let walk = move || {
        let devices =
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)];
        for (place, (language, width)) in devices.into_iter().enumerate() {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("old-data-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &user);
            walk.browser.go(&format!("{base}/{language}/desk/archive/old-data/"));
            walk.check(&name("batches"));
            // The tabs take two lines at most, also on a phone.
            let tabs = "Array.from(document.querySelectorAll('.tabs')).reduce((sum, one) => sum + one.offsetHeight, 0)";
            let high = walk.browser.run(tabs).as_f64().unwrap();
            assert!(high > 20.0 && high < 100.0, "{high} {language} {width}");
            if width == 320 {
                walk.browser.run("document.querySelector('.tabs.folded').open = true; 0");
                walk.check(&name("tabs"));
            }
            walk.browser.click(".rows .card a");
            walk.check(&name("batch"));
            let unread = walk.browser.run(
                "Array.from(document.querySelectorAll('.rows a')).find((one) => \
                 /päivää|ingen dag|no day/.test(one.textContent)).href",
            );
            walk.browser.go(unread.as_str().unwrap());
            walk.check(&name("cause"));
            walk.browser.click("section[aria-labelledby=rows] a.button");
            walk.check(&name("row"));
            assert_eq!(
                walk.browser.run("window.scrollY").as_f64(),
                Some(0.0),
                "the page's beginning"
            );
            // A viewer that takes the focus by itself gives it back.
            if width == 1280 {
                walk.browser.run("document.querySelector('section summary').focus(); 0");
                walk.browser.run("document.querySelector('iframe.view').focus(); 0");
                walk.browser.until("document.activeElement.tagName === 'SUMMARY' && 'there'");
                walk.browser.run("document.getElementById('v-written_at').focus(); 0");
            }
            let row = walk.browser.address();
            walk.browser.fill("#v-written_at", &format!("{}.5.2017", place + 1));
            // As while a rehearsal runs.
            let mapping = work.about("mapping").unwrap().unwrap();
            work.set_about("mapping", "").unwrap();
            walk.browser.enter();
            walk.check(&name("waiting"));
            work.set_about("mapping", &mapping).unwrap();
            walk.browser.click("main form button");
            keep_all_the_same(&mut walk.browser);
            assert_ne!(walk.browser.address(), row, "Enter saves, and opens the next one");
            walk.browser.go(&format!("{base}/{language}/desk/archive/old-data/eka/answers/"));
            walk.check(&name("answers"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// OLD-7, CAS-6: where two must look, one archivist answers and the other checks what was answered, in Swedish; each is
/// told what waits for whom.
#[tokio::test(flavor = "multi_thread")]
async fn two_archivists_complete_a_batch_together() {
    if chromium::is_missing() {
        return;
    }
    let batch = Batch::with(SourceSystem::Kaisla, 400, 300).await;
    let mapping = batch.path("mapping.toml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    std::fs::write(&mapping, text.replacen("form = 1", "form = 1\nchecked_by_two = true", 1))
        .unwrap();
    batch.done("rehearse");
    let base = format!("https://localhost:{}", batch.house.address.port());
    let [first, second] = archivists(&batch).try_into().expect("two keep the archive");
    let walk = move || {
        for (place, width) in [1280, 320].into_iter().enumerate() {
            let name = |page: &str| format!("old-data-two-{page}-sv-{width}");
            let [mut one, mut other] = [Walk::open(width), Walk::open(width)];
            let eka = format!("{base}/sv/desk/archive/old-data/eka/");
            log_in(&mut one.browser, &base, "sv", &first);
            log_in(&mut other.browser, &base, "sv", &second);
            one.browser.go(&eka);
            let unread = one.browser.run(
                "Array.from(document.querySelectorAll('.rows a')).find((one) => /ingen dag/.test(one.textContent)).href",
            );
            one.browser.go(unread.as_str().unwrap());
            one.browser.click("section[aria-labelledby=rows] a.button");
            one.browser.fill("#v-written_at", &format!("{}.5.2017", place + 1));
            one.browser.enter();
            keep_all_the_same(&mut one.browser);
            assert!(one.browser.text().contains("väntar på en annan persons granskning"));
            one.check(&name("kept"));
            one.browser.go(&format!("{eka}answers/"));
            one.check(&name("own"));
            other.browser.go(&eka);
            other.check(&name("batch"));
            other.browser.click("a[href$='check=1']");
            other.check(&name("to-check"));
            other.browser.click("li.card a");
            other.check(&name("row"));
            other.browser.click("button[value=check]");
            assert!(other.browser.text().contains("Rader som märktes som granskade: 1."));
            other.check(&name("checked"));
            other.browser.go(&format!("{eka}answers/"));
            assert!(other.browser.text().contains("granskat av"), "{}", other.browser.text());
            one.end();
            other.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// OLD-7, CAS-6: of two rows with the same content the other document is laid beside, the file of a row is chosen from a list
/// without losing what was written, and after a run the batch tells what is left; on a desk and on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn an_archivist_compares_rows_and_chooses_files() {
    if chromium::is_missing() {
        return;
    }
    let batch = Batch::with(SourceSystem::Aamu, 300, 300).await;
    std::fs::write(batch.path("delivery/LISA.TXT"), "Lisää tekstiä").unwrap();
    batch.done("rehearse");
    let base = format!("https://localhost:{}", batch.house.address.port());
    let user = archivists(&batch)[0].clone();
    let devices = [("sv", 1280), ("fi", 320)];
    let eka = |language: &str| format!("{base}/{language}/desk/archive/old-data/eka/");
    let open_row = "(words) => Array.from(document.querySelectorAll('.rows h3 a')).find((one) => words.test(one.textContent)).href";
    tokio::task::block_in_place(|| {
        for (language, width) in devices {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("old-data-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &user);
            for (words, page) in [
                ("/Samma innehåll|Sama sisältö/", "same"),
                ("/saknar filen|ei ole tiedostoa/", "no-file"),
            ] {
                walk.browser.go(&eka(language));
                let cause = walk.browser.run(&format!("({open_row})({words})"));
                walk.browser.go(cause.as_str().unwrap());
                walk.browser.click("section[aria-labelledby=rows] a.button");
                walk.check(&name(page));
                if page == "same" {
                    let row = walk.browser.address();
                    let other = "(() => { const field = document.getElementById('v-client_state'); \
                         field.value = field.value === 'deceased' ? 'ended' : 'deceased'; })(); 0";
                    walk.browser.run(other);
                    walk.browser.click("button[value=answer]");
                    assert_eq!(walk.browser.address(), row, "it is asked, and not kept");
                    walk.check(&name("asked"));
                    let focused = walk.browser.run("document.activeElement.id");
                    assert_eq!(focused, "sure-of");
                    walk.browser.go(&row);
                    walk.browser.click("a[href*='beside=']");
                    walk.check(&name("beside"));
                    assert_eq!(
                        walk.browser.run("document.querySelectorAll('iframe.view').length"),
                        2
                    );
                } else {
                    walk.browser.run("document.querySelector('#row details').open = true; 0");
                    walk.browser.fill("#v-language", "sv");
                    walk.browser.click("button[value=files]");
                    walk.check(&name("files"));
                    walk.browser.click("button.link");
                    walk.check(&name("named"));
                    assert_eq!(
                        walk.browser.run("document.getElementById('v-language').value"),
                        "sv"
                    );
                }
            }
            walk.end();
        }
    });
    batch.done("run");
    tokio::task::block_in_place(|| {
        for (language, width) in devices {
            let mut walk = Walk::open(width);
            log_in(&mut walk.browser, &base, language, &user);
            walk.browser.go(&eka(language));
            walk.check(&format!("old-data-left-{language}-{width}"));
            walk.end();
        }
    });
}
