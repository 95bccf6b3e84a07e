//! The conformance suite, in memory.

async fn make_store() -> app_license_store::MemoryStore {
    app_license_store::MemoryStore::new()
}

app_license_store::store_conformance!(make_store);
