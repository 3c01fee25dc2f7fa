package vmshell

// subs are the commands of vm, in the order of its list.
var subs = []*sub{
	{name: "list", help: "list the machines", none: true, run: list},
	{name: "top", usage: "[SECONDS [TIMES]]", help: "what the processors of all machines do, every second until Ctrl-C", none: true, most: 2, run: top},
	{name: "start", usage: "NAME", help: "start a machine that is off", named: true, run: control(start)},
	{name: "pause", usage: "NAME", help: "make it stand still, its time too", named: true, run: control(pause)},
	{name: "resume", usage: "NAME", help: "let it go on", named: true, run: control(resume)},
	{name: "reset", usage: "NAME", help: "start it from its beginning", named: true, run: control(reset)},
	{name: "destroy", usage: "NAME", help: "end it and take back its memory", named: true, run: control(destroy)},
	{name: "run", usage: "NAME [SECONDS]", help: "start it, wait until it is off, and say how it ended", named: true, most: 1, run: runToEnd},
	{name: "wait", usage: "NAME [SECONDS]", help: "wait until it is off, and say how it ended", named: true, most: 1, run: wait},
	{name: "share", usage: "NAME [weight=N] [cap=PERCENT] [cpus=LIST]", help: "its part of the processors; change it", named: true, most: 3, run: share, words: []string{"weight=", "cap=", "cpus="}},
	{name: "attach", usage: "[NAME]", help: "show its console; Ctrl-] comes back", run: attach},
	{name: "console", usage: "[NAME] [LINES]", help: "show the last lines of its console; default 25", most: 1, run: scrollback},
	{name: "type", usage: "NAME TEXT...", help: "type a line at its console", named: true, most: -1, run: typeLine},
	{name: "stats", usage: "[NAME]", help: "time in the guest and halted, exits, memory", short: true, run: look(stats)},
	{name: "exits", usage: "[NAME]", help: "exits by reason, and where most came from", short: true, run: look(exits)},
	{name: "trace", usage: "[NAME] [N] [REASON...] [KEY=VALUE...]", help: "the last exits; keys: port addr msr vector", most: -1, short: true, run: trace, words: traceWords()},
	{name: "regs", usage: "[NAME]", help: "the processor's registers", short: true, run: look(regs)},
	{name: "mem", usage: "[NAME] [gpa:]ADDR [LEN]", help: "memory by linear or guest-physical address; default 128 bytes", most: 2, short: true, run: mem},
	{name: "disas", usage: "[NAME] [ADDR] [N]", help: "instructions; default 16 from RIP on", most: 2, short: true, run: disas},
	{name: "walk", usage: "[NAME] [ADDR]", help: "the page tables of an address; default RIP", most: 1, short: true, run: walk},
	{name: "devices", usage: "[NAME]", help: "devices with ports and addresses", short: true, run: look(devices)},
	{name: "cpuid", usage: "[NAME] [LEAF [SUBLEAF]]", help: "CPUID as the guest sees it", most: 2, run: cpuidOf},
	{name: "msr", usage: "[NAME] NUM|NAME", help: "a model-specific register as the guest would read it", most: 1, run: msrOf},
	{name: "postmortem", usage: "[NAME]", help: "why it crashed; of a machine that runs, how it stands", short: true, run: postmortem},
}
