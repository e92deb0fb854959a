// SHA-256 by libcrypto, which libhdf5 loads anyway.
#pragma once
#include <openssl/evp.h>
