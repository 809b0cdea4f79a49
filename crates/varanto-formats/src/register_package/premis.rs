//! What happened to a package, for archives that read PREMIS: that it was taken out of an archive, by whom and with what.
//!
//! Source: OPS-3; PREMIS 3.0; E-ARK CSIP 2.1.0 (preservation metadata).

use super::mets::text;
use super::{About, FORM, Summary};

/// Prints the events, agents and the one object of a package.
#[must_use]
pub fn write(id: &str, about: &About, summary: &Summary) -> String {
    let [id, controller, program, by, archive, reason, reference] = [
        id,
        &about.controller,
        &about.program,
        &about.exported_by,
        &about.archive,
        &about.reason,
        &about.reference,
    ]
    .map(text);
    let at = &about.exported_at;
    let Summary { versions, destroyed, log_lines, .. } = summary;
    let agent = |kind: &str, name: &str| {
        format!(
            "<agent><agentIdentifier><agentIdentifierType>{kind}</agentIdentifierType>\
             <agentIdentifierValue>{name}</agentIdentifierValue></agentIdentifier>\
             <agentName>{name}</agentName><agentType>{kind}</agentType></agent>\n"
        )
    };
    let linked = |kind: &str, name: &str| {
        format!(
            "<linkingAgentIdentifier><linkingAgentIdentifierType>{kind}</linkingAgentIdentifierType>\
             <linkingAgentIdentifierValue>{name}</linkingAgentIdentifierValue></linkingAgentIdentifier>\n"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <premis xmlns=\"http://www.loc.gov/premis/v3\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" version=\"3.0\">\n\
         <object xsi:type=\"intellectualEntity\">\n\
         <objectIdentifier><objectIdentifierType>local</objectIdentifierType>\
         <objectIdentifierValue>{id}</objectIdentifierValue></objectIdentifier>\n\
         <significantProperties><significantPropertiesType>form</significantPropertiesType>\
         <significantPropertiesValue>{FORM}</significantPropertiesValue></significantProperties>\n\
         <originalName>register of {controller} in {archive}</originalName>\n\
         </object>\n\
         <event>\n\
         <eventIdentifier><eventIdentifierType>local</eventIdentifierType>\
         <eventIdentifierValue>{id}-export</eventIdentifierValue></eventIdentifier>\n\
         <eventType>dissemination</eventType>\n\
         <eventDateTime>{at}</eventDateTime>\n\
         <eventDetailInformation><eventDetail>taken out whole: reason {reason}, reference {reference}; \
         {versions} versions, {destroyed} destroyed, {log_lines} log lines</eventDetail>\
         </eventDetailInformation>\n\
         {}{}\
         <linkingObjectIdentifier><linkingObjectIdentifierType>local</linkingObjectIdentifierType>\
         <linkingObjectIdentifierValue>{id}</linkingObjectIdentifierValue></linkingObjectIdentifier>\n\
         </event>\n{}{}</premis>\n",
        linked("software", &program),
        linked("person", &by),
        agent("software", &program),
        agent("person", &by),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OPS-3: the events are XML whatever a name holds, and what they link to is there.
    #[test]
    fn what_happened_is_well_formed_and_linked() {
        let about = About {
            road: Vec::new(),
            form: FORM.into(),
            program: "Varanto 0.1.0".into(),
            controller: "1.2.246.10.90000001".into(),
            controller_name: "Suvanto".into(),
            archive: "archive.example.fi/log".into(),
            verifier_key: "key".into(),
            checkpoint: "checkpoint".into(),
            exported_at: "2026-11-02T08:00:00Z".into(),
            exported_by: "person:a<b>&\"".into(),
            reason: "safekeeping".into(),
            reference: "SUV/1 & 2".into(),
        };
        let printed = write("varanto-register-1", &about, &Summary::default());
        let document = roxmltree::Document::parse(&printed).unwrap();
        let values = |name: &str| -> Vec<&str> {
            let named = document.descendants().filter(|node| node.tag_name().name() == name);
            named.filter_map(|node| node.text()).collect()
        };
        assert_eq!(values("linkingAgentIdentifierValue"), values("agentIdentifierValue"));
        assert_eq!(values("linkingObjectIdentifierValue"), values("objectIdentifierValue"));
        assert!(values("agentName").contains(&"person:a<b>&\""));
    }
}
