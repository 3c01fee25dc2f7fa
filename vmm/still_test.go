package vmm_test

import (
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
)

// Several look at the machine at once. When the last is done, its time goes on.
func TestTimeGoesOnWhenAllHaveLooked(t *testing.T) {
	vm, _, _, _ := machine(t)
	vm.Start()
	for range 500 {
		var all sync.WaitGroup
		for range 4 {
			all.Add(1)
			go func() {
				defer all.Done()
				vm.Still(func() {
					was := vm.Clock().Now()
					for range 100 {
						if vm.Clock().Now() != was {
							t.Error("time goes by while somebody looks")
							return
						}
					}
				})
			}()
		}
		all.Wait()
		was := vm.Clock().Now()
		for range 1_000_000 {
			if vm.Clock().Now() != was {
				break
			}
		}
		if vm.Clock().Now() == was {
			t.Fatal("time stands still though nobody looks any more")
		}
	}
	vm.End(vmm.Ending{})
	<-vm.Done()
}
