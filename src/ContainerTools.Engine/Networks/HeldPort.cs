using System.Net;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Networks;

/// <summary>A socket that holds a port of this host.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Protocol">tcp, udp or sctp; empty where an earlier image of this process has taken it.</param>
/// <param name="Address">The address; <c>0.0.0.0</c> or <c>::</c> for all of its family.</param>
/// <param name="Number">The port.</param>
internal sealed record HeldPort(SafeFileHandle Socket, string Protocol, IPAddress Address, int Number);
