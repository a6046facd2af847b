package wire

// Release is the version of all of Parley's programs: what they call themselves, what packages are named by and what updates are compared
// with. FyneApp.toml and packaging/env.sh hold and read the same, which a test looks at.
const Release = "0.1.0"
