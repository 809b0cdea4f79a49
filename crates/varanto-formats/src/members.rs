//! Reading the JSON files that operators load: every fault at once, each at its path.

use std::cell::RefCell;

use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::structures::{Content, Names};
use varanto_domain::time::{FinnishDay, Instant, Validity};

/// The faults found so far in one file, and the rule they break.
pub(crate) struct Faults {
    rule: &'static str,
    /// Whether values are of persons: no fault shows one.
    personal: bool,
    found: RefCell<Vec<Fault>>,
}

impl Faults {
    pub(crate) fn of(rule: &'static str) -> Self {
        Self { rule, personal: false, found: RefCell::default() }
    }

    /// Of a file about persons.
    pub(crate) fn of_persons(rule: &'static str) -> Self {
        Self { personal: true, ..Self::of(rule) }
    }

    fn push(&self, kind: FaultKind, path: &str, detail: impl FnOnce(Fault) -> Fault) {
        let mut fault = detail(Fault::new(kind, path, self.rule));
        if self.personal {
            fault.value = None;
        }
        self.found.borrow_mut().push(fault);
    }

    /// `value` when nothing was found.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        match value {
            Some(value) if self.found.borrow().is_empty() => Ok(value),
            _ => Err(self.found.into_inner()),
        }
    }
}

/// A value of the file, with its path.
pub(crate) struct Place<'c> {
    value: &'c Content<'c>,
    path: String,
    faults: &'c Faults,
}

/// An object of the file whose members are all known.
pub(crate) struct Object<'c> {
    place: Place<'c>,
}

impl<'c> Place<'c> {
    pub(crate) fn root(value: &'c Content<'c>, faults: &'c Faults) -> Self {
        Self { value, path: String::new(), faults }
    }

    /// Tells a fault here.
    pub(crate) fn fault(&self, kind: FaultKind, detail: impl FnOnce(Fault) -> Fault) {
        self.faults.push(kind, &self.path, detail);
    }

    fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        self.fault(FaultKind::WrongType, |fault| fault.arg("expected", expected));
        None
    }

    fn wrong_form<T>(&self, value: &str, expected: &str) -> Option<T> {
        self.fault(FaultKind::WrongForm, |fault| fault.value(value).arg("expected", expected));
        None
    }

    /// The object here; members outside `known` are told.
    pub(crate) fn object(self, known: &[&str]) -> Option<Object<'c>> {
        let Content::Object(members) = self.value else { return self.wrong_type("object") };
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(&name.as_ref())) {
            self.faults.push(FaultKind::UnknownElement, &join(&self.path, name), |fault| {
                fault.arg("known", known.join(", "))
            });
        }
        Some(Object { place: self })
    }

    /// The value itself.
    pub(crate) const fn value(&self) -> &'c Content<'c> {
        self.value
    }

    /// The entries of the list here.
    pub(crate) fn list(self) -> Option<Vec<Place<'c>>> {
        let Content::List(entries) = self.value else { return self.wrong_type("list") };
        let place = |(at, value): (usize, &'c Content<'c>)| Place {
            value,
            path: join(&self.path, &at.to_string()),
            faults: self.faults,
        };
        Some(entries.iter().enumerate().map(place).collect())
    }

    /// Every entry of the list here, read by `read`; `None` when one could not be read.
    pub(crate) fn all<T>(self, read: impl Fn(Place<'c>) -> Option<T>) -> Option<Vec<T>> {
        let read: Vec<Option<T>> = self.list()?.into_iter().map(read).collect();
        read.into_iter().collect()
    }

    /// The text here, which may not be empty.
    pub(crate) fn text(&self) -> Option<&'c str> {
        match self.value {
            Content::Text(text) if text.is_empty() => {
                self.fault(FaultKind::EmptyText, |fault| fault);
                None
            }
            Content::Text(text) => Some(text),
            _ => self.wrong_type("text"),
        }
    }

    /// The text here, which may be empty.
    pub(crate) fn any_text(&self) -> Option<&'c str> {
        self.value.text().or_else(|| self.wrong_type("text"))
    }

    pub(crate) fn switch(&self) -> Option<bool> {
        match self.value {
            Content::Switch(value) => Some(*value),
            _ => self.wrong_type("true or false"),
        }
    }

    pub(crate) fn oid(&self) -> Option<Oid> {
        let text = self.text()?;
        let oid = Oid::parse(text).ok();
        if oid.is_none() {
            self.fault(FaultKind::NotAnOid, |fault| fault.value(text));
        }
        oid
    }

    pub(crate) fn day(&self) -> Option<FinnishDay> {
        let text = self.text()?;
        FinnishDay::parse(text).or_else(|| self.wrong_form(text, "YYYY-MM-DD"))
    }

    /// The instant here, with its offset.
    pub(crate) fn instant(&self) -> Option<Instant> {
        let text = self.text()?;
        Instant::parse(text).or_else(|| self.wrong_form(text, "YYYY-MM-DDThh:mm:ssZ"))
    }

    /// One of a closed list of words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.or_else(|| {
            let expected: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong_form(text, &expected.join(", "))
        })
    }

    /// The SHA-256 fingerprint here: 64 hexadecimal digits, colons allowed between pairs.
    pub(crate) fn fingerprint(&self) -> Option<[u8; 32]> {
        let text = self.text()?;
        let digits: Vec<u32> =
            text.chars().filter(|c| *c != ':').map_while(|c| c.to_digit(16)).collect();
        let whole = digits.len() == 64 && text.chars().filter(|c| *c != ':').count() == 64;
        if !whole {
            return self.wrong_form(text, "64 hexadecimal digits");
        }
        let byte = |at: usize| u8::try_from(digits[2 * at] * 16 + digits[2 * at + 1]);
        Some(std::array::from_fn(|at| byte(at).expect("two hexadecimal digits make a byte")))
    }

    /// `{"fi": …, "sv": …}`; the Finnish name may be empty, and the Swedish one be missing.
    pub(crate) fn names(self) -> Option<Names> {
        let object = self.object(&["fi", "sv"])?;
        let fi = object.required("fi")?.any_text()?.to_owned();
        let sv = object.optional("sv", |place| place.any_text().map(str::to_owned))?;
        Some(Names { fi, sv })
    }
}

impl<'c> Object<'c> {
    /// The path of the object itself.
    pub(crate) fn place(&self) -> &Place<'c> {
        &self.place
    }

    fn member(&self, name: &str) -> Option<Place<'c>> {
        let value = self.place.value.member(name)?;
        Some(Place { value, path: join(&self.place.path, name), faults: self.place.faults })
    }

    /// The member, which must be there.
    pub(crate) fn required(&self, name: &str) -> Option<Place<'c>> {
        let member = self.member(name);
        if member.is_none() {
            let path = join(&self.place.path, name);
            let faults = self.place.faults;
            faults.push(FaultKind::MissingElement, &path, |fault| fault.arg("name", name));
        }
        member
    }

    /// The member as `read` reads it; `Some(None)` when it is missing, `None` when it is wrong.
    #[expect(clippy::option_option, reason = "missing and wrong are two things, and both are told")]
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(Place<'c>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.member(name) {
            None => Some(None),
            Some(place) => read(place).map(Some),
        }
    }

    /// The members `first_day` and `last_day`.
    pub(crate) fn validity(&self) -> Option<Validity> {
        let first = self.required("first_day").and_then(|place| place.day());
        let last = self.optional("last_day", |place| place.day());
        Some(Validity { first: first?, last: last? })
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
