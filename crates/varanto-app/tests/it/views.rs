//! Views beside their content: what they may say, and how a document is shown and printed.

use varanto_app::AppError;
use varanto_app::archive::{Archived, CheckOptions, PdfRules, SignatureTrust, check_submission};
use varanto_domain::access::Purpose;
use varanto_domain::archive::documents::Part;
use varanto_domain::time::Clock;
use varanto_formats::content;
use varanto_formats::view::{self, Heading, ViewLanguage};

use crate::bad_input::check;
use crate::world::{Client, Draft, NOTE, World, client, justified, structure_of};

/// The draft with the view that its content has.
fn shown(draft: Draft) -> Draft {
    let text = rendered(&draft);
    draft.view(&text)
}

fn rendered(draft: &Draft) -> String {
    let structure = structure_of(NOTE);
    let json = draft.structured.as_ref().unwrap().to_string();
    let content = content::read(json.as_bytes(), "structured").unwrap();
    let heading = Heading {
        document: &draft.id(),
        organisation: "Suvannon hyvinvointialue",
        document_type: &structure.document_type,
        made_on: None,
        language: ViewLanguage::Finnish,
    };
    view::render(structure, &content, &heading)
}

/// The draft with something else in its view.
fn instead(draft: &Draft, what: &str, other: &str) -> Draft {
    let text = rendered(draft);
    assert!(text.contains(what), "{text}");
    draft.clone().view(&text.replacen(what, other, 1))
}

/// The client's identity code as views show it.
fn masked(client: &Client) -> String {
    format!("{}*****", &client.code.reveal()[..6])
}

/// ARC-1, ARC-5: a view of another person than the content's is not archived.
#[test]
fn a_view_shows_no_other_client_than_its_content() {
    let world = World::new();
    let aino = client(1);
    let note = world.note(&world.open_case(&aino));
    let place = "view:/div/div[2]/div/div[1]/div/p";
    let other = instead(&note, &masked(&aino), &masked(&client(2)));
    check(&world, &other, &[("disagreement", place, "ARC-5")]);
    let family = "Sukunimi: ";
    let other = instead(&note, family, &format!("{family}von "));
    check(&world, &other, &[("disagreement", place, "ARC-5")]);
    world.app.trust_signatures(SignatureTrust::not_asked_for());
    assert!(world.archive(&shown(note)).remarks.is_empty());
}

/// ARC-5, national-specs 1.3: what deviates from the nation's form or wording is archived, and told
/// with the receipt.
#[test]
fn what_deviates_in_a_view_is_remarked_on() {
    let world = World::new();
    world.app.trust_signatures(SignatureTrust::not_asked_for());
    let aino = client(1);
    let dossier = world.open_case(&aino);
    let archived = |what: &str, other: &str| -> Vec<(&'static str, String)> {
        let note = instead(&world.note(&dossier), what, other);
        let (registry, pdf) = (world.app.registry(), PdfRules::default());
        let (now, signatures) = (world.clock.now(), &*world.app.signature_trust());
        let options = CheckOptions { now, caller: None, pdf: &pdf, signatures };
        let checked = check_submission(&note.submission(), &registry, &options);
        let Archived { remarks, .. } = world.archive(&note);
        assert_eq!(checked.remarks, remarks);
        remarks.iter().map(|remark| (remark.code(), remark.element.clone())).collect()
    };
    let title = structure_of(NOTE).title.fi.clone();
    let told = archived("<div class=\"soc-ftr3\"></div>", "");
    assert_eq!(told, [("view-form", "view:/div".to_owned())]);
    let told = archived(
        &format!("<h1 class=\"soc-fulltitle\">{title}"),
        "<h1 class=\"soc-fulltitle\">Lausunto",
    );
    assert_eq!(told, [("disagreement", "view:/div/div[2]/h1".to_owned())]);
    let told = archived(&masked(&aino), aino.code.reveal());
    assert_eq!(told[0].0, "unmasked-identity-code");
}

/// ARC-1: people are shown a page written anew; the original stays as it came.
#[test]
fn a_document_is_shown_as_a_page_written_anew() {
    let world = World::new();
    let note = shown(world.note(&world.open_case(&client(1))));
    world.archive(&note);
    let county = world.county();
    let show = |language| world.app.show_document(&county, &note.id(), Purpose::READ, language);
    let page = show(ViewLanguage::Finnish).unwrap();
    let title = &structure_of(NOTE).title;
    assert!(
        page.starts_with(
            "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"fi\""
        )
    );
    assert!(page.contains(&format!("<title>{}</title>", title.fi)), "{page}");
    let swedish = show(ViewLanguage::Swedish).unwrap();
    assert!(swedish.contains(&format!("<title>{}</title>", title.sv.as_ref().unwrap())));
    let kept =
        world.app.open_content(&county, &note.id(), Some(Part::View), Purpose::READ).unwrap();
    assert_eq!(kept.parts[0].1, rendered(&note).into_bytes());
}

/// ARC-1: any document is printed: by its structure, from its view, or as the file that it is.
#[test]
fn every_form_of_document_is_printed() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let old = world.old(&world.open_old_case(&client(2)));
    let (note, plain) = (shown(world.note(&dossier)), world.phase_one(&dossier));
    let county = world.county();
    for draft in [&note, &plain, &old] {
        world.archive(draft);
        let print =
            || world.app.print_document(&county, &draft.id(), justified(), ViewLanguage::Finnish);
        let printed = print().unwrap();
        varanto_formats::pdf::check(&printed).unwrap();
        assert_eq!(printed, print().unwrap());
        if let Some(file) = &draft.pdf {
            assert_eq!(&printed, file);
        }
    }
    let page = world.app.show_document(&county, &old.id(), justified(), ViewLanguage::Finnish);
    assert!(matches!(page, Err(AppError::NotFound)), "{page:?}");
}
