//! The cache of one process keeps what every store of leases and of licenses must.

async fn make_store() -> app_license_client::MemoryLicenseCache {
    app_license_client::MemoryLicenseCache::new()
}

app_license_store::lease_store_conformance!(make_store);
app_license_store::license_store_conformance!(make_store);
