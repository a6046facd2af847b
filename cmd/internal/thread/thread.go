// Package thread tells what the calling thread has done, as far as a system tells.
package thread
