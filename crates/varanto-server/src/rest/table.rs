//! Every operation of `/api/v1`, in the order in which they are shown.

use axum::routing::{get, post};

use super::routes::{Operation, Query, Takes};
use super::{
    access, bulletins, choices, clients, corrections, disclosures, documents, logs, openings,
    proof, registers, relationships, retention, summary, users, wills,
};
use crate::national;

const JSON: &str = "application/json";

/// What a look at a document may say.
const LOOK: &[Query] = &[
    Query { name: "situation", kind: "string", needed: false },
    Query { name: "reason", kind: "string", needed: false },
    Query { name: "invalidated", kind: "boolean", needed: false },
];

/// What a look for people to read may say besides.
const SHOWN: &[Query] = &[
    Query { name: "situation", kind: "string", needed: false },
    Query { name: "reason", kind: "string", needed: false },
    Query { name: "invalidated", kind: "boolean", needed: false },
    Query { name: "language", kind: "string", needed: false },
];

const LANGUAGE: &[Query] = &[Query { name: "language", kind: "string", needed: false }];

const UNSEEN: Takes = Takes {
    media_type: "multipart/form-data",
    schema: "UnseenDocument",
    example: "curl --cacert ca.pem --cert SYSTEM.pem --key SYSTEM.key -o document.xhtml \\\n  \
        -F 'metadata=@metadata.json;type=application/json' \\\n  \
        -F 'structured=@document.json;type=application/json' \\\n  \
        https://localhost:8443/api/v1/views?language=fi",
};

const SUBMISSION: Takes = Takes {
    media_type: "multipart/form-data",
    schema: "Submission",
    example: "curl --cacert ca.pem --cert SYSTEM.pem --key SYSTEM.key \\\n  \
        -F 'metadata=@metadata.json;type=application/json' \\\n  \
        -F 'structured=@document.json;type=application/json' \\\n  \
        -F 'view=@document.xhtml;type=application/xhtml+xml' \\\n  \
        https://localhost:8443/api/v1/documents",
};

/// The body of a search.
pub const SEARCH: Takes = Takes {
    media_type: JSON,
    schema: "Search",
    example: r#"{"client":{"identity_code":"180418A903L"},"group":"5","from":"2026-01-01","limit":20}"#,
};

const MESSAGE: Takes = Takes {
    media_type: "multipart/related",
    schema: "NationalMessage",
    example: "curl --cacert ca.pem --cert SYSTEM.pem --key SYSTEM.key \\\n  \
        -F 'frame=@frame.xml;type=text/xml' -F 'document=@document.xml;type=text/xml' \\\n  \
        https://localhost:8443/api/v1/national/messages",
};

const PAIR: Takes = Takes {
    media_type: JSON,
    schema: "NationalPair",
    example: "curl --cacert ca.pem --cert SYSTEM.pem --key SYSTEM.key \\\n  \
        -F 'frame=@frame.xml;type=text/xml' -F 'document=@document.xml;type=text/xml' \\\n  \
        -H 'Accept: application/problem+json' https://localhost:8443/api/v1/national/validation",
};

const EXPLANATION: Takes = Takes {
    media_type: JSON,
    schema: "AccessQuestion",
    example: r#"{"document":"1.2.246.10.1234567.95.2026.1.1","action":"read","situation":"own-register"}"#,
};

const SUMMARY: Takes = Takes {
    media_type: JSON,
    schema: "SummaryRequest",
    example: r#"{"client":{"identity_code":"180418A903L"},"form":"plain"}"#,
};

const OUTSIDE_REQUEST: Takes = Takes {
    media_type: JSON,
    schema: "OutsideRequest",
    example: r#"{"client":{"identity_code":"180418A903L"},"receiver":{"kind":"client","name":"Aino Esimerkki"},"ground":"data-subject","reference":"DNRO/12/2026","handler":"Testi Arkistonhoitaja","form":"package"}"#,
};

const LOG_SEARCH: Takes = Takes {
    media_type: JSON,
    schema: "LogSearch",
    example: r#"{"client":{"identity_code":"180418A903L"},"outcome":"permitted","limit":20}"#,
};

const LOG_REVIEW: Takes = Takes {
    media_type: JSON,
    schema: "LogReview",
    example: r#"{"from":"2026-03-01","until":"2026-03-31"}"#,
};

const OWN_LOG: Takes = Takes {
    media_type: JSON,
    schema: "OwnLogSearch",
    example: r#"{"client":{"identity_code":"180418A903L"},"limit":20}"#,
};

const OPENING: Takes = Takes {
    media_type: JSON,
    schema: "OpeningRequest",
    example: r#"{"client":{"identity_code":"180418A903L"},"reason":"urgent","hours":4}"#,
};

const OPENINGS: Takes =
    Takes { media_type: JSON, schema: "OpeningSearch", example: r#"{"states":["new"]}"# };

const HOLD: Takes = Takes {
    media_type: JSON,
    schema: "HoldRequest",
    example: r#"{"document":"1.2.246.10.1234567.95.2026.1.1","reason":"legal-matter"}"#,
};

const HOLDS: Takes = Takes { media_type: JSON, schema: "HoldSearch", example: r#"{"limit":20}"# };

const DESTRUCTION: Takes = Takes {
    media_type: JSON,
    schema: "DestructionRequest",
    example: r#"{"documents":["1.2.246.10.1234567.95.2026.1.1"],"dry_run":true}"#,
};

const DESTRUCTIONS: Takes =
    Takes { media_type: JSON, schema: "DestructionSearch", example: r#"{"limit":20}"# };

const CARRYING_OUT: Takes =
    Takes { media_type: JSON, schema: "CarryingOut", example: r#"{"dry_run":true}"# };

const USERS: Takes =
    Takes { media_type: JSON, schema: "UserSearch", example: r#"{"history":true}"# };

const USER: Takes = Takes {
    media_type: JSON,
    schema: "UserGrant",
    example: r#"{"subject":"aino","organisation":"1.2.246.10.7654321","organiser":"1.2.246.10.1234567","given_names":"Aino","family_name":"Esimerkki","role":"producer-worker","units":["1.2.246.10.7654321.10.1"],"service_tasks":["24"],"first_day":"2026-01-01","last_day":"2026-12-31"}"#,
};

const DELEGATION: Takes = Takes {
    media_type: JSON,
    schema: "DelegationRequest",
    example: r#"{"producer":"1.2.246.10.7654321","units":["1.2.246.10.7654321.10.1"],"service_tasks":["24"],"first_day":"2026-01-01","last_day":"2026-12-31"}"#,
};

const WITHDRAWAL: Takes =
    Takes { media_type: JSON, schema: "DelegationWithdrawal", example: r#"{"rights":"end"}"# };

const JUDGEMENT: Takes =
    Takes { media_type: JSON, schema: "JudgementOfOpening", example: r#"{"state":"approved"}"# };

const INVALIDATION: Takes = Takes {
    media_type: JSON,
    schema: "Invalidation",
    example: r#"{"reason":"1","explanation":"Kirjattu väärälle asiakkaalle."}"#,
};

const CORRECTION_ANSWER: Takes = Takes {
    media_type: JSON,
    schema: "CorrectionAnswer",
    example: r#"{"how":"refused","words":"Tieto on tarkistettu ja se pitää paikkansa."}"#,
};

/// Producers to choose from.
const OFFER: Takes = Takes {
    media_type: JSON,
    schema: "ProducerOffer",
    example: r#"{"service_task":"24","units":["1.2.246.10.90000003.10.11","1.2.246.10.90000003.10.12"]}"#,
};

const PAGED: &[Query] = &[
    Query { name: "limit", kind: "integer", needed: false },
    Query { name: "cursor", kind: "string", needed: false },
];

/// Whose will is asked for.
const WHOSE: Takes = Takes {
    media_type: JSON,
    schema: "WhoseWill",
    example: r#"{"client":{"identity_code":"180418A903L"}}"#,
};

const PERMISSION: Takes = Takes {
    media_type: JSON,
    schema: "PermissionRequest",
    example: r#"{"act":"give","client":{"identity_code":"180418A903L","given_names":"Aino","family_name":"Esimerkki"},"unit":"1.2.246.10.1234567.10.1","professional":{"given_names":"Testi","family_name":"Työntekijä","title":"sosiaaliohjaaja"}}"#,
};

const REFUSAL: Takes = Takes {
    media_type: JSON,
    schema: "RefusalRequest",
    example: r#"{"act":"refuse","refused":{"service_task":"24"},"client":{"identity_code":"180418A903L","given_names":"Aino","family_name":"Esimerkki"},"unit":"1.2.246.10.1234567.10.1","professional":{"given_names":"Testi","family_name":"Työntekijä"}}"#,
};

const WORKERS: &[Query] = &[
    Query { name: "on", kind: "string", needed: false },
    Query { name: "situation", kind: "string", needed: false },
    Query { name: "reason", kind: "string", needed: false },
];

const TRIED: &[Query] = &[
    Query { name: "dry_run", kind: "boolean", needed: false },
    Query { name: "reason", kind: "string", needed: false },
];

const ACTED: &[Query] = &[
    Query { name: "dry_run", kind: "boolean", needed: false },
    Query { name: "confirm", kind: "boolean", needed: false },
    Query { name: "reason", kind: "string", needed: false },
];

const HANDED_OVER: &[Query] = &[
    Query { name: "dry_run", kind: "boolean", needed: false },
    Query { name: "language", kind: "string", needed: false },
];

const DRY_RUN: &[Query] = &[Query { name: "dry_run", kind: "boolean", needed: false }];

const IDENTITIES: Takes = Takes {
    media_type: JSON,
    schema: "IdentityRequest",
    example: r#"{"temporary_id":{"root":"1.2.246.10.1234567.22.2026","extension":"010111A998W"},"identity_code":"180418A903L","reason":"code-given"}"#,
};

const PARTED: Takes = Takes {
    media_type: JSON,
    schema: "IdentityRequest",
    example: r#"{"temporary_id":{"root":"1.2.246.10.1234567.22.2026","extension":"010111A998W"},"identity_code":"180418A903L","reason":"mistaken"}"#,
};

const NOTICES: &[Query] = &[
    Query { name: "after", kind: "string", needed: false },
    Query { name: "limit", kind: "integer", needed: false },
    Query { name: "acknowledged", kind: "boolean", needed: false },
];

const NEW_RELATIONSHIP: Takes = Takes {
    media_type: JSON,
    schema: "NewRelationship",
    example: r#"{"document_id":"1.2.246.10.1234567.95.2026.2","relationship_id":"1.2.246.10.1234567.95777.2026.8","controller":"1.2.246.10.1234567","operating_unit":"1.2.246.10.1234567.10.11","client":{"identity_code":"150685-9248","given_names":"Aino Maria","family_name":"Suvanto"},"non_disclosure":false,"service_task":"24","unit":"1.2.246.10.1234567.10.11","first_day":"2026-11-02"}"#,
};

const RELATIONSHIP_ACT: Takes = Takes {
    media_type: JSON,
    schema: "RelationshipAct",
    example: r#"{"document_id":"1.2.246.10.1234567.95.2026.3","act":"hand-over","service_task":"24","producer":"1.2.246.10.7654321.10.1","services":["45"],"first_day":"2026-11-02"}"#,
};

const NEW_CASE: Takes = Takes {
    media_type: JSON,
    schema: "NewCase",
    example: r#"{"document_id":"1.2.246.10.1234567.95.2026.4","case_id":"1.2.246.10.1234567.95777.2026.9","relationship_id":"1.2.246.10.1234567.95777.2026.1","service_task":"24","name":"99","name_detail":"Lapsiperheen tuki","opened_on":"2026-11-02"}"#,
};

const CASE_ACT: Takes = Takes {
    media_type: JSON,
    schema: "CaseAct",
    example: r#"{"document_id":"1.2.246.10.1234567.95.2026.5","act":"close","closed_on":"2026-11-30"}"#,
};

/// A reading operation without query parameters, open to all.
const fn public(
    id: &'static str,
    tag: &'static str,
    path: &'static str,
    schema: &'static str,
    serve: fn() -> axum::routing::MethodRouter<crate::doors::Doors>,
) -> Operation {
    let (method, open) = ("GET", true);
    let answers = answered(schema);
    Operation {
        id,
        tag,
        method,
        path,
        query: &[],
        takes: None,
        answers,
        problems: &[],
        open,
        serve,
    }
}

/// One JSON answer of 200, for each schema there is.
const fn answered(schema: &'static str) -> &'static [(u16, &'static str, &'static str)] {
    match schema.as_bytes() {
        b"Structures" => &[(200, JSON, "Structures")],
        b"StructureSchema" => &[(200, "application/schema+json", "StructureSchema")],
        b"CodeSets" => &[(200, JSON, "CodeSets")],
        b"CodeSet" => &[(200, JSON, "CodeSet")],
        b"Organisations" => &[(200, JSON, "Organisations")],
        b"Checkpoint" => &[(200, JSON, "Checkpoint")],
        b"Bulletins" => &[(200, JSON, "Bulletins")],
        _ => &[],
    }
}

/// The operations.
pub const TABLE: &[Operation] = &[
    Operation {
        id: "archive_document",
        tag: "documents",
        method: "POST",
        path: "/documents",
        query: &[],
        takes: Some(SUBMISSION),
        answers: &[(201, JSON, "Receipt"), (200, JSON, "Receipt")],
        problems: &[409, 422],
        open: false,
        serve: || post(documents::archive),
    },
    Operation {
        id: "search_documents",
        tag: "documents",
        method: "POST",
        path: "/documents/_search",
        query: &[],
        takes: Some(SEARCH),
        answers: &[(200, JSON, "Page")],
        problems: &[422],
        open: false,
        serve: || post(documents::search),
    },
    Operation {
        id: "read_document",
        tag: "documents",
        method: "GET",
        path: "/documents/{oid}",
        query: LOOK,
        takes: None,
        answers: &[(200, JSON, "Document")],
        problems: &[],
        open: false,
        serve: || get(documents::read),
    },
    Operation {
        id: "read_content",
        tag: "documents",
        method: "GET",
        path: "/documents/{oid}/content",
        query: LOOK,
        takes: None,
        answers: CONTENT_OR_ALL,
        problems: &[406],
        open: false,
        serve: || get(documents::content),
    },
    Operation {
        id: "read_part",
        tag: "documents",
        method: "GET",
        path: "/documents/{oid}/content/{part}",
        query: LOOK,
        takes: None,
        answers: CONTENT,
        problems: &[],
        open: false,
        serve: || get(documents::part),
    },
    Operation {
        id: "show_document",
        tag: "documents",
        method: "GET",
        path: "/documents/{oid}/page",
        query: SHOWN,
        takes: None,
        answers: &[(200, "application/xhtml+xml", "")],
        problems: &[406],
        open: false,
        serve: || get(documents::page),
    },
    Operation {
        id: "print_document",
        tag: "documents",
        method: "GET",
        path: "/documents/{oid}/print",
        query: SHOWN,
        takes: None,
        answers: &[(200, "application/pdf", "")],
        problems: &[406],
        open: false,
        serve: || get(documents::print),
    },
    Operation {
        id: "make_view",
        tag: "documents",
        method: "POST",
        path: "/views",
        query: LANGUAGE,
        takes: Some(UNSEEN),
        answers: &[(200, "application/xhtml+xml", "")],
        problems: &[422],
        open: false,
        serve: || post(documents::make_view),
    },
    Operation {
        id: "list_versions",
        tag: "documents",
        method: "GET",
        path: "/documents/{oid}/versions",
        query: LOOK,
        takes: None,
        answers: &[(200, JSON, "Versions")],
        problems: &[],
        open: false,
        serve: || get(documents::versions),
    },
    Operation {
        id: "list_access",
        tag: "documents",
        method: "GET",
        path: "/documents/{oid}/access",
        query: LOOK,
        takes: None,
        answers: &[(200, JSON, "AccessList")],
        problems: &[],
        open: false,
        serve: || get(access::list),
    },
    Operation {
        id: "explain_access",
        tag: "documents",
        method: "POST",
        path: "/access/_explain",
        query: &[],
        takes: Some(EXPLANATION),
        answers: &[(200, JSON, "AccessAnswer")],
        problems: &[404, 422],
        open: false,
        serve: || post(access::explain),
    },
    Operation {
        id: "invalidate_document",
        tag: "documents",
        method: "POST",
        path: "/documents/{oid}/invalidation",
        query: DRY_RUN,
        takes: Some(INVALIDATION),
        answers: &[(204, "", ""), (200, JSON, "InvalidationTold")],
        problems: &[409, 422],
        open: false,
        serve: || post(documents::invalidate),
    },
    Operation {
        id: "list_corrections",
        tag: "documents",
        method: "GET",
        path: "/corrections",
        query: PAGED,
        takes: None,
        answers: &[(200, JSON, "CorrectionPage")],
        problems: &[422],
        open: false,
        serve: || get(corrections::list),
    },
    Operation {
        id: "read_correction",
        tag: "documents",
        method: "GET",
        path: "/corrections/{request}",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "CorrectionRequest")],
        problems: &[404],
        open: false,
        serve: || get(corrections::read),
    },
    Operation {
        id: "answer_correction",
        tag: "documents",
        method: "POST",
        path: "/corrections/{request}/answer",
        query: &[],
        takes: Some(CORRECTION_ANSWER),
        answers: &[(204, "", "")],
        problems: &[404, 422],
        open: false,
        serve: || post(corrections::answer),
    },
    Operation {
        id: "offer_choice",
        tag: "wills",
        method: "POST",
        path: "/relationships/{oid}/choices",
        query: &[],
        takes: Some(OFFER),
        answers: &[(201, JSON, "ProducerChoice")],
        problems: &[404, 422],
        open: false,
        serve: || post(choices::offer),
    },
    Operation {
        id: "list_choices",
        tag: "wills",
        method: "GET",
        path: "/choices",
        query: PAGED,
        takes: None,
        answers: &[(200, JSON, "ChoicePage")],
        problems: &[422],
        open: false,
        serve: || get(choices::list),
    },
    Operation {
        id: "end_choice",
        tag: "wills",
        method: "POST",
        path: "/choices/{choice}/end",
        query: &[],
        takes: None,
        answers: &[(204, "", "")],
        problems: &[404, 422],
        open: false,
        serve: || post(choices::end),
    },
    Operation {
        id: "search_permission",
        tag: "wills",
        method: "POST",
        path: "/permissions/_search",
        query: &[],
        takes: Some(WHOSE),
        answers: &[(200, JSON, "Permission")],
        problems: &[422],
        open: false,
        serve: || post(wills::permission),
    },
    Operation {
        id: "record_permission",
        tag: "wills",
        method: "POST",
        path: "/permissions",
        query: &[],
        takes: Some(PERMISSION),
        answers: &[(201, JSON, "Receipt"), (200, JSON, "Unchanged")],
        problems: &[422],
        open: false,
        serve: || post(wills::record_permission),
    },
    Operation {
        id: "search_refusals",
        tag: "wills",
        method: "POST",
        path: "/refusals/_search",
        query: &[],
        takes: Some(WHOSE),
        answers: &[(200, JSON, "Refusals")],
        problems: &[422],
        open: false,
        serve: || post(wills::refusals),
    },
    Operation {
        id: "record_refusal",
        tag: "wills",
        method: "POST",
        path: "/refusals",
        query: &[],
        takes: Some(REFUSAL),
        answers: &[(201, JSON, "Receipt"), (200, JSON, "Unchanged")],
        problems: &[422],
        open: false,
        serve: || post(wills::record_refusal),
    },
    Operation {
        id: "open_relationship",
        tag: "relationships",
        method: "POST",
        path: "/relationships",
        query: TRIED,
        takes: Some(NEW_RELATIONSHIP),
        answers: &[(201, JSON, "WrittenVersion"), (200, JSON, "TriedVersion")],
        problems: &[404, 409, 422],
        open: false,
        serve: || post(relationships::open),
    },
    Operation {
        id: "read_relationship",
        tag: "relationships",
        method: "GET",
        path: "/relationships/{oid}",
        query: LOOK,
        takes: None,
        answers: &[(200, JSON, "Relationship")],
        problems: &[],
        open: false,
        serve: || get(relationships::show),
    },
    Operation {
        id: "read_workers",
        tag: "relationships",
        method: "GET",
        path: "/relationships/{oid}/workers",
        query: WORKERS,
        takes: None,
        answers: &[(200, JSON, "Workers")],
        problems: &[422],
        open: false,
        serve: || get(relationships::workers),
    },
    Operation {
        id: "act_on_relationship",
        tag: "relationships",
        method: "POST",
        path: "/relationships/{oid}/acts",
        query: ACTED,
        takes: Some(RELATIONSHIP_ACT),
        answers: &[(201, JSON, "WrittenVersion"), (200, JSON, "TriedVersion")],
        problems: &[409, 422],
        open: false,
        serve: || post(relationships::act),
    },
    Operation {
        id: "open_case",
        tag: "relationships",
        method: "POST",
        path: "/cases",
        query: TRIED,
        takes: Some(NEW_CASE),
        answers: &[(201, JSON, "WrittenVersion"), (200, JSON, "TriedVersion")],
        problems: &[404, 409, 422],
        open: false,
        serve: || post(relationships::open_case),
    },
    Operation {
        id: "read_case",
        tag: "relationships",
        method: "GET",
        path: "/cases/{oid}",
        query: LOOK,
        takes: None,
        answers: &[(200, JSON, "Case")],
        problems: &[],
        open: false,
        serve: || get(relationships::show_case),
    },
    Operation {
        id: "act_on_case",
        tag: "relationships",
        method: "POST",
        path: "/cases/{oid}/acts",
        query: TRIED,
        takes: Some(CASE_ACT),
        answers: &[(201, JSON, "WrittenVersion"), (200, JSON, "TriedVersion")],
        problems: &[409, 422],
        open: false,
        serve: || post(relationships::act_on_case),
    },
    Operation {
        id: "list_notices",
        tag: "relationships",
        method: "GET",
        path: "/notices",
        query: NOTICES,
        takes: None,
        answers: &[(200, JSON, "Notices")],
        problems: &[],
        open: false,
        serve: || get(relationships::notices),
    },
    Operation {
        id: "acknowledge_notice",
        tag: "relationships",
        method: "POST",
        path: "/notices/{id}/acknowledgement",
        query: &[],
        takes: None,
        answers: &[(204, "", "")],
        problems: &[],
        open: false,
        serve: || post(relationships::acknowledge),
    },
    Operation {
        id: "archive_message",
        tag: "documents",
        method: "POST",
        path: "/national/messages",
        query: &[],
        takes: Some(MESSAGE),
        answers: &[
            (201, "application/xml", "Acknowledgement"),
            (200, "application/xml", "Acknowledgement"),
        ],
        problems: &[409, 422],
        open: false,
        serve: || post(national::take),
    },
    Operation {
        id: "check_message",
        tag: "documents",
        method: "POST",
        path: "/national/validation",
        query: &[],
        takes: Some(PAIR),
        answers: &[(200, "", "")],
        problems: &[422],
        open: false,
        serve: || post(national::check),
    },
    Operation {
        id: "read_summary",
        tag: "documents",
        method: "POST",
        path: "/clients/_summary",
        query: LANGUAGE,
        takes: Some(SUMMARY),
        answers: &[
            (200, JSON, "Summary"),
            (200, "application/xhtml+xml", ""),
            (200, "application/pdf", ""),
        ],
        problems: &[406, 422],
        open: false,
        serve: || post(summary::summary),
    },
    Operation {
        id: "hand_over",
        tag: "documents",
        method: "POST",
        path: "/clients/_disclosure",
        query: HANDED_OVER,
        takes: Some(OUTSIDE_REQUEST),
        answers: &[(200, "application/zip", ""), (200, JSON, "PlannedPackage")],
        problems: &[404, 406, 422],
        open: false,
        serve: || post(disclosures::hand_over),
    },
    Operation {
        id: "search_log",
        tag: "logs",
        method: "POST",
        path: "/logs/_search",
        query: &[],
        takes: Some(LOG_SEARCH),
        answers: &[(200, JSON, "LogPage")],
        problems: &[422],
        open: false,
        serve: || post(logs::search),
    },
    Operation {
        id: "review_log",
        tag: "logs",
        method: "POST",
        path: "/logs/_review",
        query: &[],
        takes: Some(LOG_REVIEW),
        answers: &[(200, JSON, "LogHints")],
        problems: &[422],
        open: false,
        serve: || post(logs::review),
    },
    Operation {
        id: "read_own_log",
        tag: "logs",
        method: "POST",
        path: "/clients/_log",
        query: &[],
        takes: Some(OWN_LOG),
        answers: &[(200, JSON, "OwnLog")],
        problems: &[422],
        open: false,
        serve: || post(clients::own_log),
    },
    Operation {
        id: "print_own_log",
        tag: "logs",
        method: "POST",
        path: "/clients/_log/print",
        query: LANGUAGE,
        takes: Some(OWN_LOG),
        answers: &[(200, "application/pdf", "")],
        problems: &[422],
        open: false,
        serve: || post(clients::print_own_log),
    },
    Operation {
        id: "join_identities",
        tag: "clients",
        method: "POST",
        path: "/clients/_join",
        query: DRY_RUN,
        takes: Some(IDENTITIES),
        answers: &[(200, JSON, "Identities")],
        problems: &[422],
        open: false,
        serve: || post(clients::join),
    },
    Operation {
        id: "part_identities",
        tag: "clients",
        method: "POST",
        path: "/clients/_part",
        query: DRY_RUN,
        takes: Some(PARTED),
        answers: &[(200, JSON, "Identities")],
        problems: &[422],
        open: false,
        serve: || post(clients::part),
    },
    Operation {
        id: "open_up",
        tag: "logs",
        method: "POST",
        path: "/openings",
        query: &[],
        takes: Some(OPENING),
        answers: &[(201, JSON, "Opened")],
        problems: &[422],
        open: false,
        serve: || post(openings::open),
    },
    Operation {
        id: "search_openings",
        tag: "logs",
        method: "POST",
        path: "/openings/_search",
        query: &[],
        takes: Some(OPENINGS),
        answers: &[(200, JSON, "OpeningPage")],
        problems: &[422],
        open: false,
        serve: || post(openings::search),
    },
    Operation {
        id: "judge_opening",
        tag: "logs",
        method: "POST",
        path: "/openings/{opening}/judgement",
        query: &[],
        takes: Some(JUDGEMENT),
        answers: &[(200, JSON, "Opening")],
        problems: &[404, 422],
        open: false,
        serve: || post(openings::judge),
    },
    Operation {
        id: "place_hold",
        tag: "retention",
        method: "POST",
        path: "/retention/holds",
        query: &[],
        takes: Some(HOLD),
        answers: &[(201, JSON, "Hold")],
        problems: &[404, 422],
        open: false,
        serve: || post(retention::hold),
    },
    Operation {
        id: "search_holds",
        tag: "retention",
        method: "POST",
        path: "/retention/holds/_search",
        query: &[],
        takes: Some(HOLDS),
        answers: &[(200, JSON, "HoldPage")],
        problems: &[422],
        open: false,
        serve: || post(retention::holds),
    },
    Operation {
        id: "lift_hold",
        tag: "retention",
        method: "POST",
        path: "/retention/holds/{hold}/lift",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "Hold")],
        problems: &[404, 422],
        open: false,
        serve: || post(retention::lift),
    },
    Operation {
        id: "propose_destruction",
        tag: "retention",
        method: "POST",
        path: "/retention/destructions",
        query: &[],
        takes: Some(DESTRUCTION),
        answers: &[(201, JSON, "Destruction"), (200, JSON, "Destruction")],
        problems: &[422],
        open: false,
        serve: || post(retention::propose),
    },
    Operation {
        id: "search_destructions",
        tag: "retention",
        method: "POST",
        path: "/retention/destructions/_search",
        query: &[],
        takes: Some(DESTRUCTIONS),
        answers: &[(200, JSON, "DestructionPage")],
        problems: &[422],
        open: false,
        serve: || post(retention::lists),
    },
    Operation {
        id: "read_destruction",
        tag: "retention",
        method: "GET",
        path: "/retention/destructions/{destruction}",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "Destruction")],
        problems: &[404],
        open: false,
        serve: || get(retention::show),
    },
    Operation {
        id: "approve_destruction",
        tag: "retention",
        method: "POST",
        path: "/retention/destructions/{destruction}/approval",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "Destruction")],
        problems: &[404, 422],
        open: false,
        serve: || post(retention::approve),
    },
    Operation {
        id: "withdraw_destruction",
        tag: "retention",
        method: "POST",
        path: "/retention/destructions/{destruction}/withdrawal",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "Destruction")],
        problems: &[404, 422],
        open: false,
        serve: || post(retention::withdraw),
    },
    Operation {
        id: "stop_destruction",
        tag: "retention",
        method: "POST",
        path: "/retention/destructions/{destruction}/stop",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "Destruction")],
        problems: &[404, 422],
        open: false,
        serve: || post(retention::stop),
    },
    Operation {
        id: "carry_out_destruction",
        tag: "retention",
        method: "POST",
        path: "/retention/destructions/{destruction}/carrying-out",
        query: &[],
        takes: Some(CARRYING_OUT),
        answers: &[(200, JSON, "Destruction")],
        problems: &[404, 422],
        open: false,
        serve: || post(retention::carry_out),
    },
    Operation {
        id: "read_destruction_certificate",
        tag: "retention",
        method: "GET",
        path: "/retention/destructions/{destruction}/certificate",
        query: &[],
        takes: None,
        answers: &[(200, "text/plain", "")],
        problems: &[404],
        open: false,
        serve: || get(retention::certificate),
    },
    Operation {
        id: "search_users",
        tag: "users",
        method: "POST",
        path: "/users/_search",
        query: &[],
        takes: Some(USERS),
        answers: &[(200, JSON, "UserPage")],
        problems: &[422],
        open: false,
        serve: || post(users::search),
    },
    Operation {
        id: "grant_user",
        tag: "users",
        method: "POST",
        path: "/users",
        query: &[],
        takes: Some(USER),
        answers: &[(201, JSON, "User")],
        problems: &[422],
        open: false,
        serve: || post(users::grant),
    },
    Operation {
        id: "read_user",
        tag: "users",
        method: "GET",
        path: "/users/{user}",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "User")],
        problems: &[404],
        open: false,
        serve: || get(users::show),
    },
    Operation {
        id: "change_user",
        tag: "users",
        method: "POST",
        path: "/users/{user}/change",
        query: &[],
        takes: Some(USER),
        answers: &[(200, JSON, "User")],
        problems: &[404, 422],
        open: false,
        serve: || post(users::change),
    },
    Operation {
        id: "end_user",
        tag: "users",
        method: "POST",
        path: "/users/{user}/end",
        query: &[],
        takes: None,
        answers: &[(200, JSON, "User")],
        problems: &[404, 422],
        open: false,
        serve: || post(users::end),
    },
    Operation {
        id: "delegate_users",
        tag: "users",
        method: "POST",
        path: "/delegations",
        query: &[],
        takes: Some(DELEGATION),
        answers: &[(201, JSON, "Delegation")],
        problems: &[422],
        open: false,
        serve: || post(users::delegate),
    },
    Operation {
        id: "search_delegations",
        tag: "users",
        method: "POST",
        path: "/delegations/_search",
        query: &[],
        takes: Some(USERS),
        answers: &[(200, JSON, "DelegationPage")],
        problems: &[422],
        open: false,
        serve: || post(users::search_delegations),
    },
    Operation {
        id: "withdraw_delegation",
        tag: "users",
        method: "POST",
        path: "/delegations/{delegation}/withdrawal",
        query: &[],
        takes: Some(WITHDRAWAL),
        answers: &[(200, JSON, "WithdrawnDelegation")],
        problems: &[404, 422],
        open: false,
        serve: || post(users::withdraw),
    },
    Operation {
        id: "read_proof",
        tag: "proof",
        method: "GET",
        path: "/documents/{oid}/proof",
        query: LOOK,
        takes: None,
        answers: &[(200, JSON, "Proof")],
        problems: &[],
        open: false,
        serve: || get(proof::read),
    },
    Operation {
        id: "read_signature_material",
        tag: "proof",
        method: "GET",
        path: "/documents/{oid}/signatures/{digest}",
        query: LOOK,
        takes: None,
        answers: &[(200, "application/pkix-cert", ""), (200, "application/pkix-crl", "")],
        problems: &[],
        open: false,
        serve: || get(proof::signature_material),
    },
    public("read_checkpoint", "proof", "/checkpoint", "Checkpoint", || get(proof::checkpoint)),
    Operation {
        id: "read_consistency",
        tag: "proof",
        method: "GET",
        path: "/checkpoint/consistency",
        query: &[
            Query { name: "from", kind: "integer", needed: true },
            Query { name: "to", kind: "integer", needed: true },
        ],
        takes: None,
        answers: &[(200, JSON, "Consistency")],
        problems: &[404],
        open: true,
        serve: || get(proof::consistency),
    },
    public("list_structures", "registers", "/structures", "Structures", || {
        get(registers::structures)
    }),
    public("read_structure", "registers", "/structures/{oid}", "StructureSchema", || {
        get(registers::structure)
    }),
    public("list_code_sets", "registers", "/codesets", "CodeSets", || get(registers::code_sets)),
    public("read_code_set", "registers", "/codesets/{oid}", "CodeSet", || get(registers::code_set)),
    public("list_organisations", "registers", "/organisations", "Organisations", || {
        get(registers::organisations)
    }),
    Operation {
        id: "read_delays",
        tag: "running",
        method: "GET",
        path: "/statistics/delays",
        query: &[
            Query { name: "controller", kind: "string", needed: false },
            Query { name: "days", kind: "integer", needed: false },
        ],
        takes: None,
        answers: &[(200, JSON, "Delays")],
        problems: &[404],
        open: false,
        serve: || get(proof::delays),
    },
    public("list_bulletins", "running", "/bulletins", "Bulletins", || get(bulletins::list)),
];

/// The whole document, too.
const CONTENT_OR_ALL: &[(u16, &str, &str)] = &[
    (200, "application/json", ""),
    (200, "application/xhtml+xml", ""),
    (200, "application/pdf", ""),
    (200, "application/xml", ""),
    (200, "multipart/form-data", ""),
    (304, "", ""),
];
const CONTENT: &[(u16, &str, &str)] = &[
    (200, "application/json", ""),
    (200, "application/xhtml+xml", ""),
    (200, "application/pdf", ""),
    (200, "application/xml", ""),
    (304, "", ""),
];
