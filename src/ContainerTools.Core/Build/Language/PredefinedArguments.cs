using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Language;

/// <summary>The arguments that need no declaration.</summary>
internal static class PredefinedArguments
{
    /// <summary>Set for FROM; a stage sees those that it declares.</summary>
    internal static readonly string[] Platforms =
    [
        "TARGETPLATFORM", "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE",
        "BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT",
    ];

    /// <summary>In every RUN when given to the build; not part of the image.</summary>
    internal static readonly string[] Proxies =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"];

    internal static Dictionary<string, string?> Values(Platform build, Platform target, string targetStage) => new()
    {
        ["TARGETPLATFORM"] = target.ToString(),
        ["TARGETOS"] = target.Os,
        ["TARGETOSVERSION"] = target.OsVersion ?? "",
        ["TARGETARCH"] = target.Architecture,
        ["TARGETVARIANT"] = target.Variant ?? "",
        ["TARGETSTAGE"] = targetStage,
        ["BUILDPLATFORM"] = build.ToString(),
        ["BUILDOS"] = build.Os,
        ["BUILDOSVERSION"] = build.OsVersion ?? "",
        ["BUILDARCH"] = build.Architecture,
        ["BUILDVARIANT"] = build.Variant ?? "",
    };
}
