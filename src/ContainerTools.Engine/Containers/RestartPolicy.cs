using System.Globalization;
using ContainerTools.Engine;

namespace ContainerTools;

/// <summary>Whether a container that has ended is started again. Whoever stops or kills a container ends that.</summary>
/// <param name="Kind">When.</param>
/// <param name="MaximumRetries">With OnFailure: how many times in a row, 0 without limit.</param>
public sealed record RestartPolicy(RestartPolicyKind Kind, int MaximumRetries = 0)
{
    /// <summary>Never.</summary>
    public static RestartPolicy No { get; } = new(RestartPolicyKind.No);

    /// <summary>Reads <c>no</c>, <c>on-failure</c>, <c>on-failure:N</c>, <c>always</c> or <c>unless-stopped</c>.</summary>
    /// <exception cref="ContainerToolsException">InvalidRestartPolicy.</exception>
    public static RestartPolicy Parse(string text) => TryParse(text) ?? throw new ContainerToolsException("InvalidRestartPolicy", ErrorKind.InvalidArgument,
        $"'{text}' is no restart policy; no, on-failure, on-failure:N (N from 1), always and unless-stopped are.", text);

    /// <summary>Like <see cref="Parse"/>, without the exception.</summary>
    public static RestartPolicy? TryParse(string? text) => text?.Trim().ToLowerInvariant() switch
    {
        "" or "no" => No,
        "on-failure" => new(RestartPolicyKind.OnFailure),
        "always" => new(RestartPolicyKind.Always),
        "unless-stopped" => new(RestartPolicyKind.UnlessStopped),
        { } known when known.StartsWith("on-failure:", StringComparison.Ordinal)
            && int.TryParse(known["on-failure:".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int retries) && retries > 0 => new(RestartPolicyKind.OnFailure, retries),
        _ => null,
    };

    /// <summary>The policy as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Kind switch
    {
        RestartPolicyKind.OnFailure => MaximumRetries > 0 ? string.Create(CultureInfo.InvariantCulture, $"on-failure:{MaximumRetries}") : "on-failure",
        RestartPolicyKind.Always => "always",
        RestartPolicyKind.UnlessStopped => "unless-stopped",
        _ => "no",
    };
}
