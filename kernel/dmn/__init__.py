"""Decision models of the DMN standard: read from XML, run, and measured by the conformance cases."""
