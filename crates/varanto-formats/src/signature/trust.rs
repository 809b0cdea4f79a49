//! Whom an archive trusts: anchors, the certificates between, and the lists of what is revoked.

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use varanto_domain::archive::proof::{self, Hash};
use varanto_domain::archive::signatures::{Doubt, Flaw, Signature, SignerKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    OwnedCertRevocationList, RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

use super::certificate::Certificate;

/// A revocation list that was read. Its signature is checked with each certificate it is asked about.
#[derive(Debug)]
pub struct RevocationList {
    /// Its bytes, DER.
    pub der: Vec<u8>,
    /// SHA-256 of its bytes.
    pub digest: Hash,
    /// Who issued it, as text.
    pub issuer: String,
    /// When it was made.
    pub made_at: Instant,
    /// When the next one is due.
    pub next_at: Option<Instant>,
    read: CertRevocationList<'static>,
}

impl RevocationList {
    /// Reads a list, DER.
    ///
    /// # Errors
    /// What is wrong with it, in the reader's words.
    pub fn read(der: &[u8]) -> Result<Self, String> {
        let read = OwnedCertRevocationList::from_der(der).map_err(|error| error.to_string())?;
        let (_, told) =
            CertificateRevocationList::from_der(der).map_err(|error| error.to_string())?;
        let at = |seconds: i64| Instant::from_millis(seconds.saturating_mul(1000));
        Ok(Self {
            der: der.to_vec(),
            digest: proof::sha256(der),
            issuer: told.issuer().to_string(),
            made_at: at(told.last_update().timestamp()),
            next_at: told.next_update().map(|next| at(next.timestamp())),
            read: CertRevocationList::from(read),
        })
    }

    fn is_current(&self, now: Instant) -> bool {
        self.next_at.is_some_and(|next| now < next)
    }
}

/// What chains are checked with. Without anchors no issuer is known.
#[derive(Debug, Default)]
pub struct Trust {
    anchors: Vec<Anchor>,
    between: Vec<CertificateDer<'static>>,
    lists: Vec<RevocationList>,
}

#[derive(Debug)]
struct Anchor {
    der: Vec<u8>,
    anchor: TrustAnchor<'static>,
}

impl Trust {
    /// Adds a certificate whose issuer is trusted, DER.
    ///
    /// # Errors
    /// What is wrong with it, in the reader's words.
    pub fn add_anchor(&mut self, der: &[u8]) -> Result<(), String> {
        let certificate = CertificateDer::from(der.to_vec());
        let anchor = webpki::anchor_from_trusted_cert(&certificate)
            .map_err(|error| error.to_string())?
            .to_owned();
        self.anchors.push(Anchor { der: der.to_vec(), anchor });
        Ok(())
    }

    /// Adds a certificate that may stand between a signer's and an anchor, DER.
    ///
    /// # Errors
    /// What is wrong with it, in the reader's words.
    pub fn add_intermediate(&mut self, der: &[u8]) -> Result<(), String> {
        Certificate::read(der)?;
        self.between.push(CertificateDer::from(der.to_vec()));
        Ok(())
    }

    /// Adds a revocation list.
    pub fn add_list(&mut self, list: RevocationList) {
        self.lists.push(list);
    }

    /// Whether an anchor, or a certificate that may stand between, signed a list of its own.
    #[must_use]
    pub fn vouches_for(&self, list: &RevocationList) -> bool {
        let Ok((_, told)) = CertificateRevocationList::from_der(&list.der) else { return false };
        let anchors = self.anchors.iter().map(|anchor| anchor.der.as_slice());
        let between = self.between.iter().map(AsRef::as_ref);
        anchors.chain(between).any(|der| {
            X509Certificate::from_der(der).is_ok_and(|(_, issuer)| {
                issuer.subject().as_raw() == told.issuer().as_raw()
                    && told.verify_signature(issuer.public_key()).is_ok()
            })
        })
    }

    /// The revocation lists, in the order in which they came.
    #[must_use]
    pub fn lists(&self) -> &[RevocationList] {
        &self.lists
    }

    /// How many anchors there are.
    #[must_use]
    pub fn anchors(&self) -> usize {
        self.anchors.len()
    }

    /// Holds a signer's certificate against what is trusted. Anybody can send another's certificate: one
    /// whose key did not make the signature's value costs no look into revocation lists.
    pub(super) fn examine(
        &self,
        certificate: &Certificate,
        extra: &[Vec<u8>],
        found: &Signature,
        now: Instant,
    ) -> Standing {
        let (kind, signed_at) = (found.kind, found.signed_at.unwrap_or(now));
        let mut standing =
            Standing { doubts: own_doubts(certificate, kind), ..Standing::default() };
        if signed_at < certificate.signer.from {
            standing.doubts.push(Doubt::NotYetInForce);
        } else if certificate.signer.until < signed_at {
            standing.doubts.push(Doubt::Expired);
        } else if certificate.signer.until < now {
            standing.doubts.push(Doubt::ExpiredSince);
        }
        // What the certificate's own time says is told above; the chain is judged within it.
        let within = signed_at
            .clamp(certificate.signer.from, certificate.signer.until.max(certificate.signer.from));
        let between: Vec<CertificateDer<'_>> = self
            .between
            .iter()
            .cloned()
            .chain(extra.iter().map(|der| CertificateDer::from(der.clone())))
            .collect();
        let leaf = CertificateDer::from(certificate.der.as_slice());
        let read = match EndEntityCert::try_from(&leaf) {
            Ok(read) => read,
            Err(error) => {
                standing.doubts.push(doubt_of(&error));
                return standing;
            }
        };
        let signed = !found.flaws.contains(&Flaw::Value);
        let chain = Chain { trust: self, leaf: &read, between: &between, within, now, signed };
        chain.judge(certificate, &mut standing);
        standing
    }
}

/// What was found out about a certificate.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) doubts: Vec<Doubt>,
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) lists: Vec<Hash>,
}

/// What the certificate itself says against its use: purpose and kind.
fn own_doubts(certificate: &Certificate, kind: Option<SignerKind>) -> Vec<Doubt> {
    let is_system = Oid::parse(&certificate.signer.number).is_ok();
    let (fits, is_kind) = match kind {
        Some(SignerKind::Professional) => {
            (certificate.may_commit, !is_system && !certificate.signer.number.is_empty())
        }
        Some(SignerKind::System) => (certificate.may_commit || certificate.may_sign, is_system),
        None => (certificate.may_commit || certificate.may_sign, true),
    };
    let mut doubts = Vec::new();
    if !fits {
        doubts.push(Doubt::Purpose);
    }
    if !is_kind {
        doubts.push(Doubt::KindDiffers);
    }
    doubts
}

/// One certificate on its way to the anchors.
struct Chain<'a> {
    trust: &'a Trust,
    leaf: &'a EndEntityCert<'a>,
    between: &'a [CertificateDer<'a>],
    within: Instant,
    now: Instant,
    /// Whether the certificate's key made the signature.
    signed: bool,
}

impl Chain<'_> {
    fn judge(&self, certificate: &Certificate, standing: &mut Standing) {
        let anchors = self.anchors();
        match self.verify(&anchors, None) {
            Err(error) => {
                let doubt = doubt_of(&error);
                standing.chain = self.tried(&doubt);
                if !standing.doubts.contains(&doubt) {
                    standing.doubts.push(doubt);
                }
            }
            Ok(chain) if !self.signed => standing.chain = chain,
            Ok(chain) => {
                standing.chain = chain;
                standing.doubts.extend(self.revocation(&anchors, certificate, &mut standing.chain));
                standing.lists = self.lists_of(&standing.chain, certificate);
            }
        }
    }

    /// What is to be kept where a chain leads to an anchor and does not hold: enough to find the same
    /// again, which is every certificate between, and the anchor.
    fn tried(&self, doubt: &Doubt) -> Vec<Vec<u8>> {
        let leads_here = |anchor: &&Anchor| {
            let found = self.verify(std::slice::from_ref(&anchor.anchor), None);
            *doubt != Doubt::IssuerUnknown && found.is_err_and(|error| doubt_of(&error) == *doubt)
        };
        let Some(anchor) = self.trust.anchors.iter().find(leads_here) else { return Vec::new() };
        let between = self.between.iter().map(|one| one.to_vec());
        between.chain([anchor.der.clone()]).collect()
    }

    fn anchors(&self) -> Vec<TrustAnchor<'static>> {
        self.trust.anchors.iter().map(|anchor| anchor.anchor.clone()).collect()
    }

    /// The chain, nearest first, or why there is none. With lists, nobody in it may be revoked, and
    /// whether a list must speak of each is told by `unknown`.
    fn verify(
        &self,
        anchors: &[TrustAnchor<'static>],
        lists: Option<(&[&CertRevocationList<'_>], UnknownStatusPolicy)>,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let revocation = match lists {
            Some((lists, unknown)) => match RevocationOptionsBuilder::new(lists) {
                Ok(options) => Some(options.with_status_policy(unknown).build()),
                Err(_) => return Err(Error::UnknownRevocationStatus),
            },
            None => None,
        };
        let seconds = u64::try_from(self.within.millis() / 1000).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let path = self.leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            anchors,
            self.between,
            time,
            AnyPurpose,
            revocation,
            None,
        )?;
        let anchor = path.anchor();
        let last = self.trust.anchors.iter().find(|known| known.anchor == *anchor);
        Ok(path
            .intermediate_certificates()
            .map(|one| one.der().to_vec())
            .chain(last.map(|anchor| anchor.der.clone()))
            .collect())
    }

    /// The lists of those who issued the certificate or one above it.
    fn lists_of(&self, chain: &[Vec<u8>], certificate: &Certificate) -> Vec<Hash> {
        self.asked(chain, certificate).into_iter().map(|list| list.digest).collect()
    }

    fn asked(&self, chain: &[Vec<u8>], certificate: &Certificate) -> Vec<&RevocationList> {
        let issuers: Vec<Vec<u8>> = std::iter::once(&certificate.der)
            .chain(chain)
            .filter_map(|der| {
                let der = CertificateDer::from(der.as_slice());
                EndEntityCert::try_from(&der).ok().map(|read| read.issuer().to_vec())
            })
            .collect();
        let asked = self.trust.lists.iter();
        asked.filter(|list| issuers.iter().any(|issuer| issuer == list.read.issuer())).collect()
    }

    /// Of several lists the newest decides, in whatever order they came: webpki asks the first that is
    /// about a certificate. Lists that another than the issuer signed are none.
    fn revocation(
        &self,
        anchors: &[TrustAnchor<'static>],
        certificate: &Certificate,
        chain: &mut Vec<Vec<u8>>,
    ) -> Option<Doubt> {
        use UnknownStatusPolicy::{Allow, Deny};
        // Where the chain found first is revoked, another one may hold.
        let between: Vec<Vec<u8>> = self.between.iter().map(|one| one.to_vec()).collect();
        let mut lists = self.asked(&[chain.as_slice(), &between].concat(), certificate);
        lists.retain(|list| {
            let alone = self.verify(anchors, Some((&[&list.read], Allow)));
            matches!(alone, Ok(_) | Err(Error::CertRevoked))
        });
        lists.sort_by_key(|list| std::cmp::Reverse((list.made_at, list.digest)));
        let revoked = || Some(Doubt::Revoked(revoked_since(&lists, self.leaf, certificate)));
        let among = |fits: &dyn Fn(&RevocationList) -> bool| {
            let some: Vec<&CertRevocationList<'_>> =
                lists.iter().filter(|list| fits(list)).map(|list| &list.read).collect();
            self.verify(anchors, Some((&some, Deny)))
        };
        match among(&|_| true) {
            Err(Error::CertRevoked) => return revoked(),
            Err(_) => return Some(Doubt::RevocationUnknown),
            Ok(held) => *chain = held,
        }
        // A list made after the certificate's end may have forgotten it.
        let remembers = |list: &RevocationList| {
            let of_issuer = list.read.issuer() == self.leaf.issuer();
            !of_issuer || list.made_at <= certificate.signer.until
        };
        if certificate.signer.until < self.now {
            match among(&remembers) {
                Err(Error::CertRevoked) => return revoked(),
                Err(_) => return Some(Doubt::RevocationUnknown),
                Ok(_) => {}
            }
        }
        match among(&|list| list.is_current(self.now)) {
            Err(Error::CertRevoked) => revoked(),
            Err(_) => Some(Doubt::RevocationOutdated),
            Ok(_) => None,
        }
    }
}

/// Since when lists, all of them signed by their issuer, say that a certificate is revoked.
fn revoked_since(
    lists: &[&RevocationList],
    leaf: &EndEntityCert<'_>,
    certificate: &Certificate,
) -> Option<Instant> {
    let own = lists.iter().filter(|list| list.read.issuer() == leaf.issuer());
    let found = own.filter_map(|list| list.read.find_serial(&certificate.serial).ok().flatten());
    found
        .filter_map(|entry| i64::try_from(entry.revocation_date.as_secs()).ok())
        .min()
        .map(|seconds| Instant::from_millis(seconds.saturating_mul(1000)))
}

/// Extended purposes are of the web; signing certificates carry none, or mail's.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, mut iter: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        iter.try_for_each(|id| id.map(|_| ()))
    }
}

fn doubt_of(error: &Error) -> Doubt {
    match error {
        Error::UnknownIssuer => Doubt::IssuerUnknown,
        Error::CertExpired { .. } => Doubt::Expired,
        Error::CertNotValidYet { .. } => Doubt::NotYetInForce,
        other => Doubt::Malformed(other.to_string()),
    }
}
