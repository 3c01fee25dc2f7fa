package thread

// errno is a Linux error number, which a system call returns negated.
type errno uint64

const (
	eperm     errno = 1
	enoent    errno = 2
	esrch     errno = 3
	ebadf     errno = 9
	eagain    errno = 11
	enomem    errno = 12
	efault    errno = 14
	eexist    errno = 17
	enodev    errno = 19
	einval    errno = 22
	emfile    errno = 24
	enosys    errno = 38
	etimedout errno = 110
)

// fail is the value a system call returns for an error.
func fail(e errno) uint64 { return -uint64(e) }
