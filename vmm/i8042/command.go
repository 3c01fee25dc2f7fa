package i8042

// mostReplies bounds the controller's own bytes that wait: one for each
// command that a guest gives without reading. The rest are lost.
const mostReplies = 8

// reply queues a byte of the controller's own, as if from the keyboard or the
// mouse.
func (c *Controller) reply(v uint8, mouse bool) {
	n := c.replies.n
	if n == mostReplies {
		return
	}
	c.replies.push(v)
	if mouse {
		c.aux |= 1 << n
	}
}

// do carries out a command. It tells whether that resets the machine.
func (c *Controller) do(v uint8) (reset bool) {
	c.command = 0
	switch {
	case v >= cmdReadRAM && v < cmdReadRAM+32:
		c.reply(c.ram[v-cmdReadRAM], false)
	case v >= cmdWriteRAM && v < cmdWriteRAM+32, v >= cmdWriteOutput && v <= cmdToMouse:
		c.command = v
	case v == cmdNoMouse:
		c.ram[0] |= modeNoMouse
	case v == cmdMouse:
		c.ram[0] &^= modeNoMouse
	case v == cmdNoKeyboard:
		c.ram[0] |= modeNoKeyboard
	case v == cmdKeyboard:
		c.ram[0] &^= modeNoKeyboard
	case v == cmdTestMouse, v == cmdTestKeyboard:
		c.reply(interfaceWorks, false)
	case v == cmdSelfTest:
		c.ram[0] |= modeSystem
		c.reply(selfTestPassed, false)
	case v == cmdReadInput:
		c.reply(inputNotInhibits, false)
	case v == cmdReadOutput:
		c.reply(c.readPort(), false)
	case v >= cmdPulse:
		return v&portNotReset == 0
	}
	return false
}

// data takes a byte at the data port: of a command, or for the keyboard. It
// tells whether that resets the machine.
func (c *Controller) data(v uint8) (reset bool) {
	command := c.command
	c.command = 0
	switch {
	case command >= cmdWriteRAM && command < cmdWriteRAM+32:
		c.ram[command-cmdWriteRAM] = v
	case command == cmdWriteOutput:
		c.port = v & (portNotReset | portA20)
		return v&portNotReset == 0
	case command == cmdFromKeyboard:
		c.reply(v, false)
	case command == cmdFromMouse:
		c.reply(v, true)
	case command == cmdToMouse:
		c.ram[0] &^= modeNoMouse // to send is to enable
		c.mouse.write(v)
	default:
		c.ram[0] &^= modeNoKeyboard
		c.keyboard.write(v)
	}
	return false
}

func (c *Controller) readPort() uint8 {
	v := c.port | portIdle
	if c.status&statusFull != 0 {
		if c.status&statusMouse != 0 {
			return v | portMouse
		}
		return v | portFull
	}
	return v
}
