package sched

// Register makes a policy that ByName finds. It is called before any scheduler
// is made.
func Register(name string, maker func() Policy) {
	policies = append(policies, struct {
		name string
		make func() Policy
	}{name, maker})
}
