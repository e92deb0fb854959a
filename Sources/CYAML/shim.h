// libyaml, the C library behind most YAML readers; a Swift package over it would bring all of Foundation into the start-up.
#pragma once
#include <yaml.h>
