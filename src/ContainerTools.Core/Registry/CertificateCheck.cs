using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ContainerTools.Engine;

namespace ContainerTools.Core.Registry;

/// <summary>Verifies a registry's certificate by what the system and the user trust, and shows it the user's own.</summary>
internal sealed class CertificateCheck : IDisposable
{
    private readonly RegistryTrust trust;
    private readonly string host;
    private readonly X509Certificate2Collection authorities = [];
    private readonly X509Certificate2Collection own = [];

    internal CertificateCheck(string registry, RegistryTrust trust)
    {
        this.trust = trust;
        host = new Uri($"https://{RegistryEndpoint.HostOf(registry)}/").IdnHost;
        foreach (string file in trust.CertificateAuthorities)
        {
            Load(file, () => Read(authorities, file));
        }

        foreach (string directory in trust.CertificateDirectories.Select(d => Path.Combine(d, registry)).Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(directory, "*.crt").Order(StringComparer.Ordinal))
            {
                Load(file, () => Read(authorities, file));
            }

            foreach (string file in Directory.EnumerateFiles(directory, "*.cert").Order(StringComparer.Ordinal))
            {
                Load(file, () => own.Add(X509Certificate2.CreateFromPemFile(file, Path.ChangeExtension(file, ".key"))));
            }
        }
    }

    /// <summary>What was wrong with the last certificate that was not accepted.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Whether the user has named an authority for this registry, and so expects TLS of it.</summary>
    internal bool HasAuthorities => authorities.Count > 0;

    public void Dispose()
    {
        foreach (var certificate in authorities.Concat(own))
        {
            certificate.Dispose();
        }
    }

    internal SslClientAuthenticationOptions CreateOptions() => new()
    {
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accept(certificate, chain, errors),

        // The user's certificate is for the registry, and not for what it redirects to.
        LocalCertificateSelectionCallback = own.Count == 0 ? null : (_, target, _, _, _) => target.Equals(host, StringComparison.OrdinalIgnoreCase) ? own[0] : null!,
        ClientCertificates = own.Count == 0 ? null : own,
    };

    private bool Accept(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None || trust.AllowInsecure || trust.SkipCertificateCheck)
        {
            return true;
        }

        if (errors == SslPolicyErrors.RemoteCertificateChainErrors && authorities.Count > 0 && IsIssuedByAuthority(certificate!, chain!))
        {
            return true;
        }

        Problem = errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "it shows no certificate"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"its certificate ({certificate?.Subject}) is for another name"
            : chain!.ChainStatus.Any(static s => s.Status == X509ChainStatusFlags.NotTimeValid)
                ? $"its certificate ({certificate!.Subject}) is valid from {certificate.GetEffectiveDateString()} to {certificate.GetExpirationDateString()} only"
            : $"its certificate ({certificate!.Subject}) is issued by {(certificate.Issuer == certificate.Subject ? "itself" : certificate.Issuer)}, which is not trusted here";
        return false;
    }

    // As TLS elsewhere does it, an authority need not be a root: what one that is trusted has issued is trusted, and so is itself.
    private bool IsIssuedByAuthority(X509Certificate certificate, X509Chain sent)
    {
        using var leaf = new X509Certificate2(certificate);
        if (IsAuthority(leaf) && DateTime.Now >= leaf.NotBefore && DateTime.Now <= leaf.NotAfter)
        {
            return true;
        }

        // Each by itself as well: of two with one name, as an old and a new one may have, only one is looked at.
        return IsIssuedBy(leaf, sent, authorities) || authorities.Any(a => IsIssuedBy(leaf, sent, [a]));
    }

    private bool IsIssuedBy(X509Certificate2 leaf, X509Chain sent, X509Certificate2Collection some)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.CustomTrustStore.AddRange(some);
        chain.ChainPolicy.ExtraStore.AddRange(some);
        foreach (var element in sent.ChainElements)
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(leaf) && chain.ChainElements.Any(e => IsAuthority(e.Certificate));
    }

    private bool IsAuthority(X509Certificate2 some) => authorities.Any(a => a.RawDataMemory.Span.SequenceEqual(some.RawDataMemory.Span));

    private static void Read(X509Certificate2Collection collection, string file)
    {
        int before = collection.Count;
        byte[] data = File.ReadAllBytes(file);
        if (data.AsSpan().IndexOf("-----BEGIN"u8) >= 0)
        {
            collection.ImportFromPem(System.Text.Encoding.UTF8.GetString(data));
        }
        else
        {
            collection.Add(X509CertificateLoader.LoadCertificate(data));
        }

        if (collection.Count == before)
        {
            throw new CryptographicException("It holds no certificate.");
        }
    }

    private static void Load(string file, Action load)
    {
        try
        {
            load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ContainerToolsException("CertificateFileInvalid", ErrorKind.InvalidData, $"The certificate '{file}' cannot be used: {e.Message}", file, e);
        }
    }
}
