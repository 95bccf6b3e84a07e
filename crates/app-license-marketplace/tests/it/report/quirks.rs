//! What the platform does differently from its specification.

use app_license::Edition;
use app_license_marketplace::report::{
    FromText, Hosting, Insight, LicenseField, LicenseReader, LicenseType, Licenses, OwnedRecord,
    Status, Tier, Value, YesNo,
};

fn license(json: &str) -> OwnedRecord<Licenses> {
    OwnedRecord::from_json(json).unwrap()
}

#[test]
fn the_documented_record_is_read() {
    let owned = license(
        r#"{"appEntitlementId":"u-1","appEntitlementNumber":"E-111-AAA-AAA-11A","hostEntitlementId":"u-2","hostEntitlementNumber":"E-2",
   "cloudId":"c-1","cloudSiteHostname":"test.atlassian.net","addonKey":"test-app","productId":"u-3","addonName":"Test App","hosting":"Cloud",
   "appEdition":"Advanced","newBillingSystem":"Yes","lastUpdated":"2025-01-01","licenseType":"COMMERCIAL",
   "maintenanceStartDate":"2024-12-01","maintenanceEndDate":"2025-02-01","status":"active","tier":"15 Users",
   "contactDetails":{"technicalContact":{"email":"a@example.com","name":"A","address1":"1","city":"B","postcode":"1","phone":"0"},"billingContact":{},"company":"Acme","country":"Germany","region":"EMEA"},
   "extendedServerSupport":"NA","evaluationOpportunitySize":"NA","evaluationLicense":"x","daysToConvertEval":"Pending","evaluationStartDate":"2024-12-01","evaluationEndDate":"2025-01-01",
   "parentProductBillingCycle":"NA","parentProductName":"Confluence","installedOnSandbox":"No","parentProductEdition":"Standard",
   "licenseSourceType":"Non-Atlassian","transactionAccountId":"t","cloudComplianceBoundaries":["commercial"]}"#,
    );
    let license = owned.as_record();
    assert_eq!(license.key().unwrap(), "E-111-AAA-AAA-11A");
    assert_eq!(license.addon_license_id(), None);
    assert_eq!(license.hosting(), Some(Hosting::Cloud));
    assert_eq!(license.app_edition(), Some(Edition::Advanced));
    assert_eq!(license.license_type(), Some(LicenseType::Commercial));
    assert_eq!(license.status(), Some(Status::Active));
    assert_eq!(license.tier(), Some(Tier::Users(15)));
    assert_eq!(
        license.maintenance_end_date().unwrap().to_string(),
        "2025-02-01"
    );
    assert_eq!(license.technical_contact_email().unwrap(), "a@example.com");
    assert_eq!(license.billing_contact_email(), None);
    assert_eq!(license.country().unwrap(), "Germany");
    assert_eq!(license.days_to_convert_eval(), Some(Insight::Pending));
    assert_eq!(
        license.parent_product_billing_cycle(),
        Some(Insight::NotApplicable)
    );
    assert_eq!(license.installed_on_sandbox(), Some(YesNo::No));
    assert_eq!(
        license.parent_product_edition().unwrap().known().unwrap(),
        "Standard"
    );
    assert!(
        license
            .cloud_compliance_boundaries()
            .unwrap()
            .has("commercial")
    );
    assert_eq!(license.unknown().count(), 0);
}

#[test]
fn both_spellings_of_the_billing_flag_are_read() {
    for json in [
        r#"{"newBillingSystem":"Yes"}"#,
        r#"{"isNewBillingSystem":"Yes"}"#,
        r#"{"isNewBillingSystem":"Yes","newBillingSystem":"Yes"}"#,
    ] {
        assert_eq!(
            license(json).as_record().new_billing_system(),
            Some(YesNo::Yes),
            "{json}"
        );
    }
    let error = OwnedRecord::<Licenses>::from_json(
        r#"{"isNewBillingSystem":"Yes","newBillingSystem":"No"}"#,
    );
    assert_eq!(error.unwrap_err().code(), "record_conflict");
}

#[test]
fn words_of_the_platform_are_read_in_any_case() {
    let owned = license(
        r#"{"appEdition":"ADVANCED","licenseType":"open_source","status":"ACTIVE","hosting":"Data center"}"#,
    );
    let license = owned.as_record();
    assert_eq!(license.app_edition(), Some(Edition::Advanced));
    assert_eq!(license.license_type(), Some(LicenseType::OpenSource));
    assert_eq!(license.status(), Some(Status::Active));
    assert_eq!(license.hosting(), Some(Hosting::DataCenter));
}

#[test]
fn unknown_words_are_other_and_their_text_stays() {
    let owned = license(r#"{"appEdition":"Platinum","licenseType":"LOANED","status":"paused"}"#);
    let license = owned.as_record();
    assert_eq!(license.app_edition(), None, "no edition is guessed");
    assert_eq!(license.get(LicenseField::AppEdition).unwrap(), "Platinum");
    assert_eq!(license.license_type(), Some(LicenseType::Other));
    assert_eq!(license.get(LicenseField::LicenseType).unwrap(), "LOANED");
    assert_eq!(license.status(), Some(Status::Other));
}

#[test]
fn erased_contacts_are_known_as_such() {
    for json in [
        r#"{"contactDetails":{"technicalContact":{"email":"RTBF","name":"RTBF"}}}"#,
        r#"{"contactDetails":{"technicalContact":"RTBF"}}"#,
        r#"{"contactDetails":"RTBF","x":1}"#,
    ] {
        let owned = license(json);
        let email = owned.as_record().technical_contact_email();
        let erased = email.as_deref() == Some("RTBF");
        // a whole `contactDetails` that is erased says nothing of the contact within
        assert_eq!(erased, json.contains("technicalContact"), "{json}");
        if !erased {
            assert_eq!(owned.as_record().company().unwrap(), "RTBF");
        }
    }
    for json in [
        r#"{"contactDetails":null}"#,
        r#"{"contactDetails":{"technicalContact":null}}"#,
    ] {
        assert_eq!(license(json).as_record().technical_contact_email(), None);
    }
}

#[test]
fn null_and_empty_are_absent() {
    let owned = license(r#"{"cloudId":null,"tier":"","cloudComplianceBoundaries":null,"x":null}"#);
    let license = owned.as_record();
    assert_eq!((license.cloud_id(), license.tier()), (None, None));
    assert_eq!(license.cloud_compliance_boundaries(), None);
    assert_eq!(license.unknown().count(), 0);
}

#[test]
fn unknown_fields_are_kept_with_their_path() {
    let owned = license(
        r#"{"new":{"a":[1,"]"]},"contactDetails":{"technicalContact":{"tit\u006ce":"Dr"},"vat":7}}"#,
    );
    let unknown: Vec<_> = owned.as_record().unknown().collect();
    assert_eq!(
        unknown,
        [
            ("new".into(), Value::Json(r#"{"a":[1,"]"]}"#)),
            (
                "contactDetails.technicalContact.title".into(),
                Value::Text("Dr".into())
            ),
            ("contactDetails.vat".into(), Value::Json("7")),
        ]
    );
    let mut reader = LicenseReader::new(&b"cloudId,Score\nc-1,9\n"[..]);
    let license = reader.next().unwrap().unwrap();
    let unknown: Vec<_> = license.unknown().collect();
    assert_eq!(unknown, [("Score".into(), Value::Text("9".into()))]);
}

#[test]
fn columns_of_csv_are_found_by_every_name_they_have() {
    let header = "Addon License ID,contactDetails.technicalContact.email,technicalContactName,company,isNewBillingSystem,maintenance_end_date,campaignName";
    let report = format!("{header}\n1,a@example.com,A,Acme,Yes,2026-01-01,spring\n");
    let mut reader = LicenseReader::new(report.as_bytes());
    let license = reader.next().unwrap().unwrap();
    assert_eq!(license.addon_license_id().unwrap(), "1");
    assert_eq!(license.technical_contact_email().unwrap(), "a@example.com");
    assert_eq!(license.technical_contact_name().unwrap(), "A");
    assert_eq!(license.company().unwrap(), "Acme");
    assert_eq!(license.new_billing_system(), Some(YesNo::Yes));
    assert_eq!(
        license.maintenance_end_date().unwrap().to_string(),
        "2026-01-01"
    );
    assert_eq!(license.attribution_campaign_name().unwrap(), "spring");
    assert_eq!(license.unknown().count(), 0);
}

#[test]
fn a_selection_skips_the_other_fields_and_checks_them() {
    let report = br#"[{"cloudId":"c-1","company":"x","contactDetails":{"company":"Acme"},"y":1},{"cloudId":"c-2","tier":x}]"#;
    let mut reader = LicenseReader::new(&report[..]).select(&[LicenseField::CloudId]);
    let license = reader.next().unwrap().unwrap();
    assert_eq!(license.cloud_id().unwrap(), "c-1");
    assert_eq!((license.company(), license.unknown().count()), (None, 0));
    assert_eq!(reader.next().unwrap().unwrap_err().code(), "record_syntax");
    // a field within objects
    let mut reader = LicenseReader::new(&report[..]).select(&[LicenseField::Company]);
    assert_eq!(reader.next().unwrap().unwrap().company().unwrap(), "Acme");
}

#[test]
fn every_field_is_read_from_its_own_path() {
    for field in LicenseField::ALL {
        let spec = field.spec();
        let json = spec
            .path()
            .rsplit('.')
            .fold(r#""here""#.to_owned(), |inner, key| {
                format!(r#"{{"{key}":{inner}}}"#)
            });
        let owned = license(&json);
        assert_eq!(owned.as_record().get(*field).unwrap(), "here", "{json}");
        let others = LicenseField::ALL.iter().filter(|other| *other != field);
        assert_eq!(
            others
                .filter_map(|other| owned.as_record().get(*other))
                .count(),
            0
        );
        // and from the column of our own export
        if spec.column() != "addon_name" {
            let export = format!(r#"{{"addon_name":null,"{}":"here"}}"#, spec.column());
            let owned = license(&export);
            assert_eq!(owned.as_record().get(*field).unwrap(), "here", "{export}");
        }
        let csv = format!("{}\nhere\n", spec.column());
        let mut reader = LicenseReader::new(csv.as_bytes());
        assert_eq!(reader.next().unwrap().unwrap().get(*field).unwrap(), "here");
    }
    assert_eq!(Edition::from_text("free".into()), Some(Edition::Free));
}
