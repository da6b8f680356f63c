namespace ContainerTools.Linux.Cgroups;

/// <summary>A limit that was asked for and cannot be applied, or a control group that cannot be made.</summary>
public sealed class CgroupException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="controller">The controller, for example <c>memory</c>.</param>
    /// <param name="message">What was asked for, why it is impossible, what to do.</param>
    /// <param name="inner">The failed call, if any.</param>
    public CgroupException(string controller, string message, Exception? inner = null)
        : base(message, inner) => Controller = controller;

    /// <summary>The controller it was about.</summary>
    public string Controller { get; }

    /// <summary>Whether the reason is that the controller was not delegated to an ordinary user.</summary>
    public bool IsDelegation { get; init; }
}
