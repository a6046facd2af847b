package main

import "net"

// notifySocket is where systemd waits for a word from a unit of Type=notify (sd_notify(3)).
const notifySocket = "NOTIFY_SOCKET"

// notify sends a state to the service manager's socket, a path or @ and an abstract name; "" is no service manager.
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(state))
	return err
}
