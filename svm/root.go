package svm

// Root is the host-physical address of the table of the highest level, for
// people who want to look at the tables. APM vol. 2 §15.25.3: nCR3.
func (s *space) Root() uint64 { return s.root }
