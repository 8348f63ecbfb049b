// Whether tables that say the same from two ends do.
#ifndef KONSUL_CORE_STATE_CONTRADICTION_SUPPORT_H_
#define KONSUL_CORE_STATE_CONTRADICTION_SUPPORT_H_

#include <string>

#include "core/state/table_store.h"

namespace konsul::state {

// The tables agree with each other about who holds what; else what is wrong.
std::string Contradiction(const ReadTxn& txn);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_CONTRADICTION_SUPPORT_H_
