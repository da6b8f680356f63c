namespace ContainerTools.Host.Sessions;

/// <summary>The session could not be opened: nothing of the user's has run.</summary>
public sealed class SessionException(string message, Exception? inner = null) : Exception(message, inner);
