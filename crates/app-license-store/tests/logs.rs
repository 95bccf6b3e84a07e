//! What is logged: a warning when secrets are not sealed, and never a secret. A program of its own:
//! the log is the whole process's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "it/support.rs"]
mod support;

mod logged {
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};

    use app_license_store::{
        Delivery, InstallationStore, ReplayMark, Sequence, SqliteOptions, SqliteStore,
    };
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use crate::support::{installed, keys, name, now, secret, tenant};

    /// Writes down everything.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    struct Line<'a>(&'a mut String);

    impl Visit for Line<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            write!(self.0, "{field}={value:?} ").unwrap();
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, span: &Attributes<'_>) -> Id {
            span.record(&mut Line(&mut self.0.lock().unwrap()));
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, values: &Record<'_>) {
            values.record(&mut Line(&mut self.0.lock().unwrap()));
        }
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut log = self.0.lock().unwrap();
            write!(log, "{} ", event.metadata().level()).unwrap();
            event.record(&mut Line(&mut log));
            log.push('\n');
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    /// SECURITY-RULES `secret-in-logs`: logs, errors and `Debug` of everything that was touched.
    #[test]
    fn secret_in_logs_never_and_a_warning_once() {
        let log = Log::default();
        tracing::subscriber::set_global_default(log.clone()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let mut said = String::new();
        runtime.unwrap().block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("plain.db");
            drop(SqliteStore::open_plain_text(&path).await.unwrap());
            let store = SqliteStore::open_plain_text(&path).await.unwrap();
            let sealed = SqliteOptions::new(directory.path().join("sealed.db"))
                .plain_text()
                .encryption(keys(1));
            said += &format!("{sealed:?}");
            let sealed = sealed.open().await.unwrap();
            for store in [&store, &sealed] {
                for round in ["1", "2"] {
                    let mark = ReplayMark::new("eyJ0-token", round.as_bytes(), now());
                    let delivery = installed("a", round).marked(mark);
                    said += &format!("{delivery:?} {mark:?} {:?}", delivery.events());
                    let applied = store.apply(delivery, now()).await;
                    said += &format!("{applied:?}");
                }
                let event = installed("b", "1").events()[0].clone();
                let error = store.apply(Delivery::new(tenant("a"), event), now()).await;
                said += &format!("{error:?} {}", error.as_ref().unwrap_err());
                said += &format!("{:?} {store:?}", store.get(&tenant("a")).await);
                said += &format!("{:?}", store.list(None, 9).await);
                said += &format!("{:?}", store.events_after(Sequence::START, 9).await);
                said += &format!("{:?}", store.payload(Sequence::new(1)).await);
                said += &format!("{:?}", store.advance(&name("x"), Sequence::new(99)).await);
            }
            let reader = rusqlite::Connection::open(&path).unwrap();
            reader
                .execute_batch("BEGIN; SELECT count(*) FROM installation")
                .unwrap();
            store.apply(installed("a", "3"), now()).await.unwrap();
            assert_eq!(store.reencrypt_all().await.unwrap(), 0);
        });
        let log = log.0.lock().unwrap();
        let held_up = log.matches("until no other process reads it").count();
        assert_eq!(held_up, 1, "{log}");
        let warnings = log.matches("no encryption key is configured").count();
        assert_eq!(warnings, 1, "{log}");
        assert!(log.contains("WARN"));
        for text in [said.as_str(), log.as_str()] {
            assert!(!text.contains("sh4red"), "{text}");
            assert!(!text.contains(&secret("1")) && !text.contains("eyJ0-token"));
        }
    }
}
