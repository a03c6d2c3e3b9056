//! Databases of earlier releases open; what personal data looks like from outside.
