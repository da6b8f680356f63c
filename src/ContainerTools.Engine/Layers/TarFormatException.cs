namespace ContainerTools.Engine.Layers;

/// <summary>An archive is not a well-formed tar; the message says where and how.</summary>
public sealed class TarFormatException : ContainerToolsException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What is wrong.</param>
    public TarFormatException(string message)
        : base("TarInvalid", ErrorKind.InvalidData, message)
    {
    }
}
