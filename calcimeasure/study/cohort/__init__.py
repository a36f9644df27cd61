"""What is known of all patients together: shares with their intervals, distributions, associations, outcomes.

The definitions are those of the study of pseudotumoral calcinosis in systemic sclerosis (Semin Arthritis Rheum
2020;50:1339, doi 10.1016/j.semarthrit.2020.03.009): a case is a patient with any mass of the size `large_diameter_mm`.
"""
