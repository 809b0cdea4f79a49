//! Where in a document's content the walk stands, told as a JSON pointer when a fault needs it.

use std::fmt::Write as _;

/// A place in the content: the step into it, and the place before. Lives on the stack, so that
/// sound content costs no allocation.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    before: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Top,
    Member(&'p str),
    Entry(usize),
}

impl Place<'static> {
    /// The whole content.
    pub(super) const TOP: Self = Place { before: None, step: Step::Top };
}

impl<'p> Place<'p> {
    /// The place of a member.
    pub(super) fn member(&'p self, key: &'p str) -> Place<'p> {
        Place { before: Some(self), step: Step::Member(key) }
    }

    /// The place of a list's entry, counted from 0.
    pub(super) fn entry(&'p self, at: usize) -> Place<'p> {
        Place { before: Some(self), step: Step::Entry(at) }
    }

    /// The element of a fault: `structured:/asia_asiakirja/asiakas/0/henkilotunnus`.
    pub(super) fn element(&self) -> String {
        let mut element = String::from("structured:");
        self.write(&mut element);
        element
    }

    fn write(&self, element: &mut String) {
        if let Some(before) = self.before {
            before.write(element);
        }
        match self.step {
            Step::Top => {}
            Step::Entry(at) => write!(element, "/{at}").expect("a String takes everything"),
            Step::Member(key) if may_show(key) => {
                element.push('/');
                element.push_str(key);
            }
            Step::Member(_) => element.push_str("/*"),
        }
    }
}

/// Whether a member's name may stand in a fault. Published ones are letters and `_`; one that
/// somebody made up may hold anything, an identity code too.
fn may_show(key: &str) -> bool {
    let formed = key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    formed && key.len() <= 200 && key.chars().filter(char::is_ascii_digit).count() < 6
}
