"""From a stack to its report: lesions are found, measured and located, and keep the decisions of readers."""
